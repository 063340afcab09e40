/**
 * The container runtime: Debian's containerd with its own directories, socket and images, beside any other containerd
 * on the machine.
 */
import { existsSync, rmSync } from "node:fs";

import { pauseImage, writePauseImage } from "../offline/pause-image";
import { type Daemon, ensureDaemon, waitUntilReady } from "../processes";
import type { Report } from "../progress";
import { run } from "../run";
import { cniAddressDir, cniConfigDir, cniPlugins } from "./network";
import { clusterDir, podSubnet, serviceSubnet, type Settings, writeFile } from "./settings";

export const socket = (): string => clusterDir("containerd", "containerd.sock");

/** Bundles and sockets of containers, which do not survive a reboot. */
const runtimeDir = (): string => clusterDir("containerd", "run");

/** The configuration of a containerd that keeps everything in one directory: the cluster's, or another one's. */
export function containerdConfig(
    directory = clusterDir("containerd"),
    cniConfig = cniConfigDir(),
    disabled = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs"],
): string {
    return `version = 2
root = "${directory}/root"
state = "${directory}/run"
disabled_plugins = [${disabled.map((plugin) => `"${plugin}"`).join(", ")}]

[grpc]
  address = "${directory}/containerd.sock"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # A machine that is itself a container may not lower the OOM score of a pod's processes.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  disable_apparmor = ${!existsSync("/sys/kernel/security/apparmor")}
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniPlugins}"
    conf_dir = "${cniConfig}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
      Root = "${directory}/run/runc"
`;
}

/** Images may have to be pulled through the proxy that the user's shell names; local addresses bypass it. */
function directAddresses(settings: Settings): string {
    const users = process.env["NO_PROXY"] ?? process.env["no_proxy"];
    return [users, "localhost", "127.0.0.1", podSubnet(settings), serviceSubnet].filter(Boolean).join(",");
}

function containerd(settings: Settings, config: string): Daemon {
    const direct = directAddresses(settings);
    return {
        name: "containerd",
        command: "containerd",
        args: ["--config", config],
        env: { NO_PROXY: direct, no_proxy: direct },
        reads: [containerdConfig()],
    };
}

const ctr = (...args: string[]): Promise<string> =>
    run("ctr", ["--address", socket(), "--namespace", "k8s.io", ...args]);

/** Starts containerd with the pause image in it. */
export async function startContainerd(settings: Settings, newBoot: boolean, report: Report): Promise<void> {
    // The address of a Unix socket is limited to 107 characters.
    if (socket().length > 100) {
        throw new Error(
            `the path ${socket()} is longer than the 100 characters that a socket may have: set KUBERNETES_MLOPS_CACHE to a shorter directory`,
        );
    }
    if (newBoot) {
        // The state of running containers, and the IP addresses of pods.
        [runtimeDir(), cniAddressDir()].forEach((directory) => rmSync(directory, { recursive: true, force: true }));
    }
    const config = clusterDir("containerd", "config.toml");
    writeFile(config, containerdConfig());
    if (await ensureDaemon(containerd(settings, config))) {
        report("starting containerd");
    }
    await waitUntilReady(
        "containerd",
        () =>
            ctr("version").then(
                () => true,
                () => false,
            ),
        60,
    );
    const images = await ctr("images", "list", "--quiet");
    if (!images.split("\n").includes(pauseImage)) {
        const archive = clusterDir("containerd", "pause.tar");
        await writePauseImage(archive);
        await ctr("images", "import", archive);
        rmSync(archive);
    }
}
