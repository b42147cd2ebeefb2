"""Skies that the examples share: surface brightness in Fourier space, seeing, pixels and noise of surveys.

An image is the inverse transform of a product: profile times seeing and pixel.

>>> from skies.sersic import sersic_transform
>>> from skies.surveys import HSC
>>> stamp = HSC.stamp(64)
>>> disk = sersic_transform(stamp, 1, radius=0.8, axis_ratio=0.5, angle=0.3)
>>> image = 1000 * stamp.image(disk * HSC.point_source(stamp, "g"))
>>> print(image.shape, round(float(image.sum())))
(64, 64) 1000

An image that is known at points, such as a lensed source, is sampled on the finer grid of the stamp
(``stamp.positions(stamp.oversampling)``) and takes the place of the profile: ``stamp.transform(fine_image)``.

`skies.training` is what trains the networks of both examples: images as they read them, and weights with provenance.
"""
