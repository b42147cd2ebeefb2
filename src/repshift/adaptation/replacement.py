"""Layers replaced by nothing or by the best linear map, without a gradient."""
