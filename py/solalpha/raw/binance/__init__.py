"""Binance's public archive of the USD-M perpetuals: zip files with a checksum."""
