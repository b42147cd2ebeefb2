"""What tables call each route."""

BARE = "bare forward pass"
PLAIN = "repshift, plain"
FAST = "repshift, fast"
FAST_LOADED = "repshift, fast, with rewriting and check"
FAST_KEPT = "repshift, fast, kept between runs"
CACHED = "repshift, cached, plain"
CACHED_FAST = "repshift, cached, fast"
PYTORCH_CKA = "pytorch-cka, one object"
PYTORCH_CKA_TWO = "pytorch-cka, two objects"
PYTORCH_CKA_PAIRS = "pytorch-cka, every pair"
PYTORCH_CKA_WRAPPED = "pytorch-cka, all in one module"
CKA_PYTORCH = "cka-pytorch, one epoch"
TORCH_CKA = "torch-cka"
REPSIM = "repsim, activations collected"

OURS = (PLAIN, FAST, FAST_LOADED, CACHED, CACHED_FAST)
