"""Language models: the port, the adapter for OpenAI-compatible servers, and two routes in one."""
