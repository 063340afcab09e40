/** A registry of its own, on a free port, without users. */
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { freePort } from "../../local/ports";
import { eventually } from "./eventually";

export class OciRegistry {
    private constructor(
        readonly address: string,
        private readonly directory: string,
        private readonly server: ChildProcess,
    ) {}

    /**
     * Starts a registry that answers when it is returned.
     *
     * @param settings - What its configuration has besides the address and the storage.
     */
    static async start(settings: object = {}): Promise<OciRegistry> {
        const directory = fs.mkdtempSync(path.join(os.tmpdir(), "kubernetes-mlops-registry-"));
        const address = `127.0.0.1:${await freePort(15_200)}`;
        const config = {
            version: "0.1",
            log: { level: "error" },
            storage: { filesystem: { rootdirectory: path.join(directory, "data") }, delete: { enabled: true } },
            http: { addr: address },
            ...settings,
        };
        fs.writeFileSync(path.join(directory, "config.yml"), JSON.stringify(config));
        const server = spawn("docker-registry", ["serve", path.join(directory, "config.yml")], { stdio: "ignore" });
        await eventually(async () => void (await fetch(`http://${address}/v2/`)), 30, 50);
        return new OciRegistry(address, directory, server);
    }

    /** Stops it and forgets its images. */
    stop(): void {
        this.server.kill("SIGKILL");
        fs.rmSync(this.directory, { recursive: true, force: true });
    }
}
