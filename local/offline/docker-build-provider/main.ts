/**
 * The provider's process: serves the engine on a local port, which it prints.
 */
import * as grpc from "@grpc/grpc-js";

import { Engine } from "./engine";
import { createService } from "./service";

// This module has no type declarations.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb") as {
    ResourceProviderService: grpc.ServiceDefinition;
};

/** Milliseconds between two checks whether the engine still lives. */
const PARENT_CHECK = 1000;
/** Milliseconds that running operations have to end before the process does. */
const LAST_GRACE = 8000;
/** Bytes; the same limit as the engine's. */
const MESSAGE_LIMIT = 400 * 1024 * 1024;

const { handlers, shutDown } = createService(new Engine(engineAddress(process.argv.slice(2))));

/** The engine's address among the arguments of the executable. */
function engineAddress(args: string[]): string | undefined {
    const values = args.filter((arg, index) => !arg.startsWith("-") && args[index - 1] !== "--tracing");
    return values[0];
}

function serve(): void {
    const server = new grpc.Server({
        "grpc.max_receive_message_length": MESSAGE_LIMIT,
        "grpc.max_send_message_length": MESSAGE_LIMIT,
    });
    server.addService(ResourceProviderService, handlers);
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error) {
            throw error;
        }
        process.stdout.write(`${port}\n`);
    });
}

/** Gives running operations time to clean up, and then ends the process. */
function exit(): void {
    setTimeout(() => process.exit(1), LAST_GRACE).unref();
    void shutDown().then(() => process.exit());
}

/** Without its engine a provider is of no use, and neither are its builds. */
function watchParent(): void {
    const parent = process.ppid;
    setInterval(() => process.ppid === parent || exit(), PARENT_CHECK).unref();
}

process.once("SIGTERM", exit);
process.once("SIGINT", exit);
watchParent();
serve();
