"""An MCP server made with the official SDK, for tests: over stdio as a program, or as an ASGI application."""

import asyncio
import sys

from mcp.server.mcpserver import MCPServer

server = MCPServer("shop")
done: list[str] = []


@server.tool()
def find(order_id: str) -> dict[str, str | bool]:
    """Look an order up."""
    if order_id == "boom":
        raise ValueError("it broke")
    return {"found": True, "order_id": order_id}


@server.tool()
def refund(order_id: str) -> dict[str, int]:
    """Give money back."""
    if order_id == "boom":
        raise ValueError("it broke")
    done.append(order_id)
    return {"refunds": len(done)}


@server.tool()
async def slow(order_id: str) -> str:
    """Takes long."""
    await asyncio.sleep(30)
    return order_id


@server.tool()
def words(order_id: str) -> str:
    """Gives text."""
    return f"order {order_id}"


if __name__ == "__main__":
    if "--die" in sys.argv:
        sys.exit(3)
    server.run("stdio")
