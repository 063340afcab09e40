import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

import type { Log } from "./build";

/** Shows messages through the engine that started this provider. */
export class Engine {
    private client: EngineClient | undefined;
    private last: Promise<void> = Promise.resolve();

    constructor(address: string | undefined) {
        this.connect(address);
    }

    /** Connects to the engine at this address. */
    connect(address: string | undefined): void {
        this.client = address ? new EngineClient(address, grpc.credentials.createInsecure()) : undefined;
    }

    /** The messages of one resource. */
    logOf(urn: string): Log {
        return {
            status: (message) => this.log(LogSeverity.INFO, urn, message, true),
            info: (message) => this.log(LogSeverity.INFO, urn, message, false),
            warning: (message) => this.log(LogSeverity.WARNING, urn, message, false),
        };
    }

    private log(severity: LogSeverity, urn: string, message: string, ephemeral: boolean): void {
        const request = new LogRequest();
        request.setSeverity(severity);
        request.setUrn(urn);
        request.setMessage(message);
        request.setEphemeral(ephemeral);
        // In sequence, as they would overtake each other otherwise.
        this.last = this.last.then(() => this.send(request));
    }

    private send(request: LogRequest): Promise<void> {
        // An engine that has gone cannot show anything; the operation itself reports the failure.
        return new Promise((resolve) => (this.client ? this.client.log(request, () => resolve()) : resolve()));
    }

    /** Resolves when all messages so far are shown. */
    flush(): Promise<void> {
        return this.last;
    }
}
