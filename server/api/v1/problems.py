"""What went wrong, as RFC 9457 has it: application/problem+json, for every error that the API gives."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from recordings.errors import StoreUnavailable
from server.api.replies import PRIVATE

KIND: Final = "application/problem+json"
_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


class Problem(Exception):
    """An error of the one who asks, or of the server: becomes the answer."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        name: str = "",
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """name: what kind of problem, for programs; empty: the status says it."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.name = name
        self.errors = errors
        self.headers = dict(headers or {})


def answer(problem: Problem, instance: str) -> Response:
    """The problem as the answer to a request for this path."""
    content: dict[str, Any] = {
        "type": f"urn:cordboard:problem:{problem.name}" if problem.name else "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance,
    }
    if problem.errors:
        content["errors"] = [dict(error) for error in problem.errors]
    challenge = _CHALLENGE if problem.status == HTTPStatus.UNAUTHORIZED else {}
    headers = {**PRIVATE, **challenge, **problem.headers}
    return JSONResponse(content, problem.status, headers, media_type=KIND)


def add_to(app: FastAPI) -> None:
    """Let every error of this application be a problem."""

    async def known(request: Request, error: Exception) -> Response:
        return answer(error if isinstance(error, Problem) else Problem(500, "An error of ours."), request.url.path)

    async def plain(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        return answer(Problem(status, HTTPStatus(status).description, headers=headers), request.url.path)

    async def invalid(request: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else []
        errors = [{"pointer": "/".join(map(str, one["loc"])), "detail": one["msg"]} for one in found]
        return answer(
            Problem(422, "The request is not what this takes.", name="invalid", errors=errors), request.url.path
        )

    async def store(request: Request, error: Exception) -> Response:
        return answer(Problem(503, str(error), headers={"Retry-After": "5"}), request.url.path)

    app.add_exception_handler(Problem, known)
    app.add_exception_handler(HTTPException, plain)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(StoreUnavailable, store)
