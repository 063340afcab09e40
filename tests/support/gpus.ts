import { kubectl } from "./kubectl";

/** The node says that it has GPUs, and runs pods that ask for them: the kubelet leaves alone what it does not know. */
export async function simulateGpus(count: string | null, resource = "nvidia.com/gpu"): Promise<void> {
    const patch = { status: { capacity: { [resource]: count } } };
    const node = (await kubectl("get", "nodes", "--output=name")).trim();
    await kubectl("patch", node, "--subresource=status", "--type=merge", `--patch=${JSON.stringify(patch)}`);
}
