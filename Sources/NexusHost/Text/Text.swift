// Room Text.
