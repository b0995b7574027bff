// Room Net.
