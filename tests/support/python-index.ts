/** A private package index for Python, with one package. */
import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { docker } from "../../local/docker/daemon";
import { savedEnvironment } from "./environment";

/** Prints a wheel of the package, in Base64. */
const makeWheel = `
import base64, hashlib, io, sys, zipfile
info = "private_features-1.0.dist-info"
files = {
    "private_features.py": "answer = 42\\n",
    f"{info}/METADATA": "Metadata-Version: 2.1\\nName: private-features\\nVersion: 1.0\\n",
    f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
}
digest = lambda text: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
record = "".join(f"{name},sha256={digest(text)},{len(text)}\\n" for name, text in files.items())
wheel = io.BytesIO()
with zipfile.ZipFile(wheel, "w") as archive:
    for name, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\\n"}.items():
        archive.writestr(name, text)
print(base64.b64encode(wheel.getvalue()).decode())
`;

/** The file of the package `private-features`, whose module has an `answer`. */
const file = "private_features-1.0-py3-none-any.whl";

/** Serves the package to those who have the password, on this machine. */
export class PythonIndex {
    private constructor(
        private readonly server: Server,
        /** The hash of the package's file. */
        readonly sha256: string,
        readonly username: string,
        readonly password: string,
    ) {}

    static async start(username: string, password: string): Promise<PythonIndex> {
        const { baseImage, dockerHost } = savedEnvironment();
        const printed = await docker(dockerHost!, ["run", "--rm", baseImage!, "python", "-c", makeWheel]);
        const wheel = Buffer.from(printed, "base64");
        const sha256 = createHash("sha256").update(wheel).digest("hex");
        const pages: Record<string, string | Buffer> = {
            "/simple/private-features/": `<!DOCTYPE html><a href="/files/${file}#sha256=${sha256}">${file}</a>`,
            [`/files/${file}`]: wheel,
        };
        const credentials = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
        const server = createServer((request, response) => {
            const page = pages[request.url!];
            if (request.headers.authorization !== credentials) {
                response.writeHead(401, { "WWW-Authenticate": 'Basic realm="index"' }).end();
            } else if (page === undefined) {
                response.writeHead(404).end();
            } else {
                response.writeHead(200, { "Content-Type": typeof page === "string" ? "text/html" : "application/zip" });
                response.end(page);
            }
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return new PythonIndex(server, sha256, username, password);
    }

    private get host(): string {
        return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    }

    /** The address of the index. */
    get url(): string {
        return `http://${this.host}/simple`;
    }

    /** The address with a password in it, by default the right one. */
    urlWith(password = this.password): string {
        return `http://${this.username}:${password}@${this.host}/simple/`;
    }

    /** The address of the package's file. */
    get fileUrl(): string {
        return `http://${this.host}/files/${file}`;
    }

    get fileName(): string {
        return file;
    }

    stop(): void {
        this.server.closeAllConnections();
        this.server.close();
    }
}
