// Room Gateway.
