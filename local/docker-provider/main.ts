/**
 * The provider's process: serves the engine's resource provider protocol on a local port, which it prints.
 */
import * as grpc from "@grpc/grpc-js";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { PluginInfo, type PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

import { Engine } from "./engine";
import * as image from "./image";
import { checkConfiguration, configurationEnv } from "./configuration";
import { apply, type Context, unsupported } from "./provider";
import { schema } from "./schema";
import { plain, type Properties } from "./values";
import { sdkVersion } from "./version";

// This module has no type declarations.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb") as {
    ResourceProviderService: grpc.ServiceDefinition;
};

/** Milliseconds between two looks at whether the engine still lives. */
const PARENT_CHECK = 1000;
/** Milliseconds that what runs has to end before the process does. */
const LAST_GRACE = 8000;
/** Bytes; the engine's own limit. */
const MESSAGE_LIMIT = 400 * 1024 * 1024;

const engine = new Engine(engineAddress(process.argv.slice(2)));
const cancellation = new AbortController();
const running = new Set<Promise<unknown>>();
/** The variables that the provider's configuration sets for docker. */
let dockerEnv: Record<string, string> = {};

/** The engine's address among the arguments of the executable. */
function engineAddress(args: string[]): string | undefined {
    const values = args.filter((arg, index) => !arg.startsWith("-") && args[index - 1] !== "--tracing");
    return values[0];
}

function properties(struct: Struct | undefined): Properties {
    return struct?.toJavaScript() ?? {};
}

function struct(values: Properties): Struct {
    return Struct.fromJavaScript(values);
}

/** Refuses what is no image. The type is the last part of the third part of a URN: `parent$type`. */
function requireImage(urn: string): void {
    const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
    if (type !== image.IMAGE_TYPE) {
        throw unsupported(type);
    }
}

function failureMessage({ property, reason }: image.CheckFailure): messages.CheckFailure {
    // Of a failure that names its property the engine shows the value, too, and may not find it.
    const failure = new messages.CheckFailure();
    failure.setReason(`${property}: ${reason}`);
    return failure;
}

function contextOf(urn: string, preview: boolean): Context {
    return { log: engine.logOf(urn), signal: cancellation.signal, preview };
}

type Handler<Request, Response> = (request: Request) => Response | Promise<Response>;

/** Turns a function into what gRPC calls. The message of an error is what the user reads. */
function unary<Request, Response>(handler: Handler<Request, Response>): grpc.handleUnaryCall<Request, Response> {
    return (call, callback) => {
        const operation = Promise.resolve(call.request)
            .then(handler)
            .finally(() => engine.flush())
            .then(
                (response) => callback(null, response),
                (error: unknown) => {
                    const details = error instanceof Error ? error.message : String(error);
                    callback({ code: grpc.status.UNKNOWN, details });
                },
            )
            .finally(() => running.delete(operation));
        running.add(operation);
    };
}

const handlers: grpc.UntypedServiceImplementation = {
    attach: unary((request: PluginAttach) => {
        engine.connect(request.getAddress());
        return new Empty();
    }),
    getPluginInfo: unary(() => {
        const response = new PluginInfo();
        response.setVersion(sdkVersion());
        return response;
    }),
    getSchema: unary(() => {
        const response = new messages.GetSchemaResponse();
        response.setSchema(schema(sdkVersion()));
        return response;
    }),
    checkConfig: unary((request: messages.CheckRequest) => {
        const response = new messages.CheckResponse();
        response.setInputs(request.getNews());
        response.setFailuresList(checkConfiguration(properties(request.getNews())).map(failureMessage));
        return response;
    }),
    diffConfig: unary(() => {
        // Another daemon builds the same images: nothing that exists changes.
        const response = new messages.DiffResponse();
        response.setChanges(messages.DiffResponse.DiffChanges.DIFF_NONE);
        return response;
    }),
    configure: unary((request: messages.ConfigureRequest) => {
        dockerEnv = configurationEnv(properties(request.getArgs()));
        const response = new messages.ConfigureResponse();
        response.setSupportspreview(true);
        response.setAcceptsecrets(true);
        return response;
    }),
    check: unary(async (request: messages.CheckRequest) => {
        requireImage(request.getUrn());
        const { inputs, failures, notes } = await image.check(properties(request.getNews()));
        notes.forEach((note) => engine.logOf(request.getUrn()).info(note));
        const response = new messages.CheckResponse();
        response.setInputs(struct(inputs));
        response.setFailuresList(failures.map(failureMessage));
        return response;
    }),
    diff: unary((request: messages.DiffRequest) => {
        requireImage(request.getUrn());
        const [state, inputs, news] = [request.getOlds(), request.getOldInputs(), request.getNews()].map(properties);
        const changes = Object.entries(image.diff(state!, inputs!, news!));
        const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
        const response = new messages.DiffResponse();
        response.setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
        response.setDiffsList(changes.map(([name]) => name));
        response.setHasdetaileddiff(true);
        for (const [name, kind] of changes) {
            const detail = new messages.PropertyDiff();
            detail.setKind(kind);
            detail.setInputdiff(true);
            response.getDetaileddiffMap().set(name, detail);
        }
        return response;
    }),
    create: unary(async (request: messages.CreateRequest) => {
        requireImage(request.getUrn());
        const inputs = properties(request.getProperties());
        const state = await apply(inputs, dockerEnv, contextOf(request.getUrn(), request.getPreview()));
        const response = new messages.CreateResponse();
        response.setId(request.getPreview() ? "" : (plain(inputs.imageName ?? null) as string));
        response.setProperties(struct(state));
        return response;
    }),
    update: unary(async (request: messages.UpdateRequest) => {
        requireImage(request.getUrn());
        const inputs = properties(request.getNews());
        const state = await apply(inputs, dockerEnv, contextOf(request.getUrn(), request.getPreview()));
        const response = new messages.UpdateResponse();
        response.setProperties(struct(state));
        return response;
    }),
    read: unary((request: messages.ReadRequest) => {
        requireImage(request.getUrn());
        // What is in the registry is not compared: the state is what was built.
        const response = new messages.ReadResponse();
        response.setId(request.getId());
        response.setInputs(request.getInputs());
        response.setProperties(request.getProperties());
        return response;
    }),
    delete: unary((request: messages.DeleteRequest) => {
        requireImage(request.getUrn());
        // An image outlives its resource, on this machine and in the registry.
        return new Empty();
    }),
    invoke: unary((request: messages.InvokeRequest) => {
        throw unsupported(`The function ${request.getTok()}`);
    }),
    cancel: unary(() => {
        cancellation.abort();
        return new Empty();
    }),
};

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

/** Cancels what runs, waits until it has cleaned up, and then ends the process. */
function shutDown(): void {
    cancellation.abort();
    setTimeout(() => process.exit(1), LAST_GRACE).unref();
    void Promise.allSettled(running).then(() => process.exit(1));
}

/** Without its engine a provider is of no use, and neither is what it builds. */
function watchParent(): void {
    const parent = process.ppid;
    setInterval(() => process.ppid === parent || shutDown(), PARENT_CHECK).unref();
}

process.once("SIGTERM", shutDown);
process.once("SIGINT", shutDown);
watchParent();
serve();
