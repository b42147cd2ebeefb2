"""Section `training`: how networks are trained in the run."""

from typing import Annotated

from pydantic import Field

from repshift.study.values import Dropout, Hidden, Name, Section, Seed, SetName, Several


class Training(Section):
    """Stage training, run by the target train or where a model's weights lie in results/training/."""

    models: Several[Name] | tuple[()] = Field(
        default=(), description="Models that the target train trains and the target publish copies to their weights."
    )
    set: SetName = Field(default="LH", description="Set of simulations; its splits train and validation are used.")
    hidden: Hidden = Field(default=4, description="Width of the network; its depth follows from the size of the maps.")
    dropout: Dropout = Field(default=0.0, description="Dropout rate.")
    seed: Seed = Field(
        default=1, description="Random seed: draws the first weights, the order of the maps and their symmetries."
    )
    epochs: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=40, description="Passes over the training maps, at most."
    )
    batch_size: Annotated[int, Field(ge=2, le=100_000)] = Field(default=32, description="Maps of one step.")
    learning_rate: Annotated[float, Field(gt=0, le=10)] = Field(
        default=3.0e-3, description="Highest rate of the one-cycle schedule."
    )
    weight_decay: Annotated[float, Field(ge=0, le=100)] = Field(default=1.0e-2, description="Weight decay of AdamW.")
    patience: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=15, description="Epochs without a lower validation loss after which training stops."
    )
