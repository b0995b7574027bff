// Room Config.
