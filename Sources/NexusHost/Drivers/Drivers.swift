// Room Drivers.
