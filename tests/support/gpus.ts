import { kubectl } from "./kubectl";

/** Makes the node report GPUs and run pods that request them: the kubelet ignores resources that it does not know. */
export async function simulateGpus(count: string | null, resource = "nvidia.com/gpu"): Promise<void> {
    const patch = { status: { capacity: { [resource]: count } } };
    const node = (await kubectl("get", "nodes", "--output=name")).trim();
    await kubectl("patch", node, "--subresource=status", "--type=merge", `--patch=${JSON.stringify(patch)}`);
}
