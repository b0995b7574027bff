// Room Telemetry.
