# Cordboard server. Build: docker build -t cordboard .   Run: see compose.yaml and README.md.
# Stage 1 resolves and installs from the lock; stage 2 holds only what runs.
FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN python -m venv /opt/cordboard \
 && /opt/cordboard/bin/pip install --no-deps --require-hashes -r requirements.lock
COPY voice voice
COPY telephony telephony
COPY knowledge knowledge
COPY recordings recordings
COPY pipeline pipeline
COPY server server
RUN /opt/cordboard/bin/pip install --no-deps --no-build-isolation .

FROM python:3.12-slim-bookworm
# PIPECAT_SETUP_FILES would run arbitrary Python at start; it stays unset.
ENV PATH=/opt/cordboard/bin:$PATH PYTHONUNBUFFERED=1 PIPECAT_SETUP_FILES= \
    CORDBOARD_HOST=0.0.0.0 CORDBOARD_PORT=8080 CORDBOARD_DATA_DIR=/data CORDBOARD_LINES=/lines/example
RUN groupadd --system --gid 10001 cordboard \
 && useradd --system --uid 10001 --gid cordboard --home-dir /data --shell /usr/sbin/nologin cordboard \
 && install -d -o cordboard -g cordboard -m 0750 /data
COPY --from=build /opt/cordboard /opt/cordboard
COPY lines /lines
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["cordboard"]
CMD ["serve"]
