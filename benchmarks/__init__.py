"""Time, memory and accuracy of this engine and of the published libraries: ``make benchmark``."""
