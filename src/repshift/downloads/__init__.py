"""Files of CMD fetched from a server: whole, resumed, or by byte ranges."""
