"""Facts about data sets as data: collections, bands, masks, legends and spectral indices."""
