"""Memory and time of the paper's case on a GPU, by arithmetic: nothing here is measured.

The case: 50 maps of 256 x 256, CMD's network (20 layers) of width 6 to 12, batches of 10.
"""

from dataclasses import dataclass

from repshift.similarity.gram import FEATURE_CHUNK

N_MAPS = 50
SIZE = 256
BATCH_SIZE = 10
WIDTHS = (6, 8, 10, 12)
BYTES = 4
"""Of a float32."""

PEAK_FLOPS = 60e12
"""Assumed: float32 without TF32 of an H100-class GPU, a second."""
BANDWIDTH = 3.0e12
"""Assumed: bytes a second of its memory."""
REACHED = 0.3
"""Assumed: the part of either that plain eager kernels reach."""
LAUNCH = 10e-6
"""Assumed: seconds of one kernel launch, Python included."""
LAUNCHES_A_LAYER = 12
"""Assumed: kernels of a layer and batch: circular padding (several copies), convolution, batch norm, activation."""
HOST = 150e-6
"""Assumed: seconds of the Gram product of one chunk of features beside its arithmetic: launches, copies to the host."""
CONTEXT = 0.6e9
"""Assumed: bytes of the CUDA context and of cuDNN's workspace."""
COPIES = 4
"""Tensors of the largest layer's size at a time in an eager pass: input, padded input, output, and one in work."""
READS = {1: 1, 2: 1, 3: 3, 4: 1}
"""Times the input of a layer is read or written, by its kernel: 3 x 3 ones read it, write it padded, read that."""
PASSES = 6
"""Times an output is read or written: convolution 1, batch norm 2, activation 2, product 1."""


@dataclass(frozen=True)
class Layer:
    """A layer of CMD's network: what one map costs.

    Attributes
    ----------
    name
        Of the convolution, or ``FC1``.
    before, after
        Channels in and out.
    kernel
        Pixels along one side of the kernel.
    size
        Pixels along one side of the output; 1 for the last two.
    inputs
        Values the layer reads.
    """

    name: str
    before: int
    after: int
    kernel: int
    size: int
    inputs: int

    @property
    def units(self) -> int:
        """Values of the representation."""
        return self.after * self.size**2

    @property
    def weights(self) -> int:
        """Weights of the kernel."""
        return self.kernel**2 * self.before * self.after

    @property
    def flops(self) -> int:
        """Floating-point operations of the convolution: a product and a sum for each weight and output pixel."""
        return 2 * self.weights * self.size**2


def layers_of(hidden: int, *, size: int = SIZE) -> list[Layer]:
    """Return the layers of ``CMDNetwork(hidden, size=size)``."""
    layers, width = [], 1
    for block in range(size.bit_length() - 3):
        before, width = width, 2 ** (block + 1) * hidden
        layers.append(Layer(f"C{block}1", before, width, 3, size, before * size**2))
        layers.append(Layer(f"C{block}2", width, width, 3, size, width * size**2))
        layers.append(Layer(f"C{block}3", width, width, 2, size // 2, width * size**2))
        size //= 2
    layers.append(Layer(f"C{len(layers) // 3}1", width, 2 * width, 4, 1, 16 * width))
    layers.append(Layer("FC1", 2 * width, width, 1, 1, 2 * width))
    return layers


@dataclass(frozen=True)
class Estimate:
    """What the case costs at one width; FLOPs and bytes of all maps, unless said.

    Attributes
    ----------
    convolution_flops, gram_flops
        Of the forward pass, and of the Gram products within batches (2 n^2 p a layer and batch).
    activation_bytes
        Representations of all layers and all maps, as the cached route stores them.
    traffic
        Bytes that go through the memory of the device.
    memory
        Bytes of device memory at the peak.
    seconds_arithmetic, seconds_traffic, seconds_launches
        Of the products, of the memory, and of what the host does meanwhile.
    """

    convolution_flops: int
    gram_flops: int
    activation_bytes: int
    traffic: int
    memory: float
    seconds_arithmetic: float
    seconds_traffic: float
    seconds_launches: float

    @property
    def seconds(self) -> float:
        """All three, as if none hid behind another."""
        return self.seconds_arithmetic + self.seconds_traffic + self.seconds_launches


def estimate(hidden: int, *, n_maps: int = N_MAPS, batch_size: int = BATCH_SIZE) -> Estimate:
    """Return what recording the mini-batch Gram matrices of one network costs."""
    layers = layers_of(hidden)
    units = sum(layer.units for layer in layers)
    values = sum(READS[layer.kernel] * layer.inputs + PASSES * layer.units for layer in layers)
    batches = n_maps // batch_size
    convolution_flops = n_maps * sum(layer.flops for layer in layers)
    gram_flops = 2 * batches * batch_size**2 * units
    traffic = BYTES * n_maps * values
    chunks = sum(-(-layer.units // FEATURE_CHUNK) for layer in layers)
    weights = BYTES * sum(layer.weights for layer in layers)
    largest = BYTES * batch_size * max(layer.units for layer in layers)
    return Estimate(
        convolution_flops=convolution_flops,
        gram_flops=gram_flops,
        activation_bytes=BYTES * n_maps * units,
        traffic=traffic,
        memory=CONTEXT + weights + COPIES * largest,
        seconds_arithmetic=(convolution_flops + gram_flops) / (REACHED * PEAK_FLOPS),
        seconds_traffic=traffic / (REACHED * BANDWIDTH),
        seconds_launches=batches * (len(layers) * LAUNCHES_A_LAYER * LAUNCH + chunks * HOST),
    )


def cost_of_layers(hidden: int) -> list[list[str]]:
    """Return the table of layers, its head first; MB and MFLOP are 1e6."""
    rows = [["layer", "channels, kernel", "output", "MFLOP a map", "MB a batch", "MFLOP of the Gram a batch"]]
    for layer in layers_of(hidden):
        rows.append(
            [
                layer.name,
                f"{layer.before} to {layer.after}, {layer.kernel} x {layer.kernel}",
                f"{layer.after} x {layer.size} x {layer.size}",
                f"{layer.flops / 1e6:.1f}",
                f"{BYTES * BATCH_SIZE * layer.units / 1e6:.2f}",
                f"{2 * BATCH_SIZE**2 * layer.units / 1e6:.1f}",
            ]
        )
    return rows


def costs() -> list[list[str]]:
    """Return the table of widths, its head first."""
    rows = [["", *(f"hidden {hidden}" for hidden in WIDTHS)]]
    found = [estimate(hidden) for hidden in WIDTHS]
    columns = {
        "convolutions, TFLOP": [f"{each.convolution_flops / 1e12:.2f}" for each in found],
        "Gram products, TFLOP": [f"{each.gram_flops / 1e12:.3f}" for each in found],
        "representations of all maps, GB": [f"{each.activation_bytes / 1e9:.2f}" for each in found],
        "bytes through the memory, GB": [f"{each.traffic / 1e9:.1f}" for each in found],
        "arithmetic, ms": [f"{1e3 * each.seconds_arithmetic:.0f}" for each in found],
        "memory traffic, ms": [f"{1e3 * each.seconds_traffic:.0f}" for each in found],
        "launches and copies to the host, ms": [f"{1e3 * each.seconds_launches:.0f}" for each in found],
        "**time of the 50 maps, ms**": [f"**{1e3 * each.seconds:.0f}**" for each in found],
        "**device memory at the peak, GB**": [f"**{each.memory / 1e9:.2f}**" for each in found],
    }
    return rows + [[name, *values] for name, values in columns.items()]
