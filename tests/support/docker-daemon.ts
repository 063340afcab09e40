/** A docker daemon with an empty cache, such as a fresh CI runner has. */
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { docker } from "../../local/docker/daemon";
import { unmountBelow } from "../../local/docker/sweep";
import { eventually } from "./eventually";

export class DockerDaemon {
    private constructor(
        private readonly directory: string,
        private readonly daemon: ChildProcess,
    ) {}

    /** The address, as in DOCKER_HOST. */
    get host(): string {
        return `unix://${this.directory}/docker.sock`;
    }

    /** Starts a daemon that answers when it is returned. */
    static async start(): Promise<DockerDaemon> {
        // A short path, as the address of a socket is limited to 107 characters.
        const directory = fs.mkdtempSync(path.join(os.tmpdir(), "dockerd-"));
        const at = (name: string) => path.join(directory, name);
        const config = {
            hosts: [`unix://${at("docker.sock")}`],
            "data-root": at("data"),
            "exec-root": at("exec"),
            pidfile: at("pid"),
            bridge: "none",
            iptables: false,
            "ip-masq": false,
            "exec-opts": ["native.cgroupdriver=cgroupfs"],
            "log-level": "error",
        };
        fs.writeFileSync(at("daemon.json"), JSON.stringify(config));
        const env = { ...process.env };
        delete env.DOCKER_HOST;
        const daemon = spawn("dockerd", ["--config-file", at("daemon.json")], { stdio: "ignore", env });
        const started = new DockerDaemon(directory, daemon);
        await eventually(async () => void (await docker(started.host, ["version"])), 60);
        return started;
    }

    /** How much it has built or pulled: its images, and the steps in its build cache. */
    async built(): Promise<number> {
        const images = await docker(this.host, ["image", "ls", "--all", "--quiet"]);
        const cache = await docker(this.host, ["system", "df", "--format", "{{.Type}}: {{.TotalCount}}"]);
        return images.split("\n").filter(Boolean).length + Number(/^Build Cache: (\d+)$/m.exec(cache)?.[1]);
    }

    async stop(): Promise<void> {
        const ended = new Promise((resolve) => this.daemon.once("exit", resolve));
        this.daemon.kill("SIGTERM");
        await ended;
        await unmountBelow(this.directory);
        fs.rmSync(this.directory, { recursive: true });
    }
}
