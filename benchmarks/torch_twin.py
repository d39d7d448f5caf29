"""The PyTorch twin of the models that `nx run model:bench` times: the same shapes, eager, float32, on the CPU.

  python3 torch_twin.py --mode train --config '{"vocabulary":4096,"width":128,"layers":4,"heads":4,"kvHeads":4,"ffn":512,"sequence":256,"batch":16}'

Prints one line of JSON. --mode train: a step is forward, loss, backward, clipping at norm 1 and AdamW (fused).
--mode sample: `batch` sequences, 128 new tokens after a prompt of 128, over a preallocated KV cache.
--mode gemm: GFLOP/s of a @ b.T for --shapes.
"""
import argparse
import json
import resource
import statistics
import time

import torch
import torch.nn.functional as F


class Decoder:
    """Llama shape: RMSNorm, fused query|key|value, rotate-half RoPE, SwiGLU with fused gate|up, tied head."""

    def __init__(self, c):
        self.c, self.head_dim = c, c["width"] // c["heads"]
        d, f = c["width"], c["ffn"]
        qkv = (c["heads"] + 2 * c["kvHeads"]) * self.head_dim
        weight = lambda *shape: torch.nn.Parameter(torch.randn(*shape) * 0.02)
        ones = lambda: torch.nn.Parameter(torch.ones(d))
        self.embedding, self.norm = weight(c["vocabulary"], d), ones()
        self.layers = [
            (ones(), weight(qkv, d), weight(d, c["heads"] * self.head_dim), ones(), weight(2 * f, d), weight(d, f))
            for _ in range(c["layers"])
        ]
        turns = 10000 ** (-torch.arange(0, self.head_dim, 2).float() / self.head_dim)
        angles = torch.outer(torch.arange(4096).float(), turns)
        self.cos, self.sin = torch.cat([angles.cos()] * 2, -1), torch.cat([angles.sin()] * 2, -1)

    def parameters(self):
        return [self.embedding, self.norm, *(p for layer in self.layers for p in layer)]

    def rotate(self, x, start):
        cos, sin = (table[start : start + x.shape[2]] for table in (self.cos, self.sin))
        half = self.head_dim // 2
        return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin

    def attend(self, h, qkv, start, cache):
        c, batch, length = self.c, h.shape[0], h.shape[1]
        sizes = [c["heads"] * self.head_dim, c["kvHeads"] * self.head_dim, c["kvHeads"] * self.head_dim]
        q, k, v = (x.view(batch, length, -1, self.head_dim).transpose(1, 2) for x in F.linear(h, qkv).split(sizes, -1))
        q, k = self.rotate(q, start), self.rotate(k, start)
        if cache is not None:
            keys, values = cache
            keys[:, :, start : start + length], values[:, :, start : start + length] = k, v
            k, v = keys[:, :, : start + length], values[:, :, : start + length]
        if c["kvHeads"] != c["heads"]:
            k, v = (x.repeat_interleave(c["heads"] // c["kvHeads"], 1) for x in (k, v))
        out = F.scaled_dot_product_attention(q, k, v, is_causal=length > 1)
        return out.transpose(1, 2).reshape(batch, length, -1)

    def hidden(self, ids, start=0, caches=None):
        x, shape = F.embedding(ids, self.embedding), (self.c["width"],)
        for i, (norm1, qkv, output, norm2, gate_up, down) in enumerate(self.layers):
            h = F.rms_norm(x, shape, norm1, 1e-5)
            x = x + F.linear(self.attend(h, qkv, start, caches and caches[i]), output)
            gate, up = F.linear(F.rms_norm(x, shape, norm2, 1e-5), gate_up).chunk(2, -1)
            x = x + F.linear(F.silu(gate) * up, down)
        return F.rms_norm(x, shape, self.norm, 1e-5)


def train(c, warmup, steps):
    model = Decoder(c)
    parameters = model.parameters()
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, fused=True)
    ids, targets = (torch.randint(0, c["vocabulary"], (c["batch"], c["sequence"])) for _ in range(2))

    def step():
        optimizer.zero_grad()
        logits = F.linear(model.hidden(ids), model.embedding)
        F.cross_entropy(logits.view(-1, c["vocabulary"]), targets.view(-1)).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()

    return timed(step, warmup, steps), c["batch"] * c["sequence"], sum(p.numel() for p in parameters)


@torch.inference_mode()
def sample(c, warmup, steps):
    model = Decoder(c)
    prompt = torch.randint(0, c["vocabulary"], (c["batch"], 128))
    shape = (c["batch"], c["kvHeads"], 256, model.head_dim)

    def step():
        caches = [(torch.zeros(shape), torch.zeros(shape)) for _ in model.layers]
        hidden = model.hidden(prompt, 0, caches)
        for i in range(128):
            probabilities = F.linear(hidden[:, -1], model.embedding).softmax(-1)
            drawn = torch.multinomial(probabilities, 1)
            if i < 127:
                hidden = model.hidden(drawn, 128 + i, caches)

    return timed(step, warmup, steps), c["batch"] * 128, sum(p.numel() for p in model.parameters())


def timed(step, warmup, steps):
    seconds = []
    for _ in range(warmup + steps):
        begin = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - begin)
    return seconds[warmup:]


def gemm(shapes):
    speeds = []
    for m, n, k in shapes:
        a, b = torch.randn(m, k), torch.randn(n, k)
        speeds.append(2e-9 * m * n * k / statistics.median(timed(lambda: a @ b.T, 3, 9)))
    return speeds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=["train", "sample", "gemm"], required=True)
    parser.add_argument("--config", type=json.loads, default={})
    parser.add_argument("--shapes", type=json.loads, default=[])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    result = {"version": torch.__version__, "threads": options.threads, "mode": options.mode}
    if options.mode == "gemm":
        result["gflops"] = gemm(options.shapes)
    else:
        run = train if options.mode == "train" else sample
        seconds, tokens, parameters = run(options.config, options.warmup, options.steps)
        result |= {"tokensPerSecond": tokens / statistics.median(seconds), "seconds": seconds, "parameters": parameters}
    result["peakBytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(result))


main()
