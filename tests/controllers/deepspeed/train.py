"""Finds the weights of a linear function; each process keeps a part of the optimizer's state, as ZeRO has it."""
import time

import deepspeed
import torch

# Gloo of this PyTorch has neither of DeepSpeed's two ways to do it in one operation.
deepspeed.comm.has_all_gather_into_tensor = lambda: False
zero = {"stage": 1, "reduce_scatter": False}

deepspeed.init_distributed(dist_backend="gloo")
rank = torch.distributed.get_rank()
torch.manual_seed(0)
model = torch.nn.Linear(8, 1, bias=False)
engine, optimizer, _, _ = deepspeed.initialize(
    model=model,
    model_parameters=model.parameters(),
    optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
    config={
        "train_micro_batch_size_per_gpu": 16,
        "zero_optimization": zero,
        "zero_allow_untested_optimizer": True,
    },
)
weights = torch.arange(8.0)
torch.manual_seed(1 + rank)
for _ in range(60):
    data = torch.randn(16, 8)
    engine.backward(torch.nn.functional.mse_loss(engine(data).squeeze(1), data @ weights))
    engine.step()
# So long that another run would be seen beside it.
time.sleep(10)
part = sum(group.numel() for group in optimizer.single_partition_of_fp32_groups)
error = (model.weight[0] - weights).abs().max().item()
print("rank", rank, "of", torch.distributed.get_world_size(), "part", part, "error", round(error, 2), flush=True)
