"""Files: maps, parameters, networks, netCDF, tables and figures. No science; written whole or not at all."""
