// Room Fleet.
