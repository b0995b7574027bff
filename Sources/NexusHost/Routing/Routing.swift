// Room Routing.
