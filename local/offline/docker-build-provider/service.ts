/**
 * The engine's resource provider protocol: translates its messages to and from this provider.
 */
import * as grpc from "@grpc/grpc-js";
import { type PluginAttach, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

import { check, type CheckFailure } from "./check";
import { checkConfiguration, configurationEnv } from "./configuration";
import { diff, UPDATE_REPLACE } from "./diff";
import type { Engine } from "./engine";
import { IMAGE_TYPE, INDEX_TYPE } from "./image";
import { apply, type Context, read, unsupported } from "./provider";
import { schema } from "./schema";
import type { Properties } from "./values";
import { sdkVersion } from "./version";

/** The service's functions, and how to cancel them. */
export interface Service {
    handlers: grpc.UntypedServiceImplementation;
    /** Cancels running operations and resolves when they have cleaned up. */
    shutDown: () => Promise<void>;
}

export function createService(engine: Engine): Service {
    const cancellation = new AbortController();
    const running = new Set<Promise<unknown>>();
    /** The environment variables that the provider's configuration sets for docker. */
    let dockerEnv: Record<string, string> = {};

    const contextOf = (urn: string, preview: boolean): Context => ({
        env: dockerEnv,
        log: engine.logOf(urn),
        signal: cancellation.signal,
        preview,
    });

    /** Turns a function into a gRPC handler. The message of an error is what the user reads. */
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
            // Another daemon builds the same images: nothing changes for existing resources.
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
        check: unary((request: messages.CheckRequest) => {
            const { inputs, failures } = check(typeOf(request.getUrn()), properties(request.getNews()));
            const response = new messages.CheckResponse();
            response.setInputs(struct(inputs));
            response.setFailuresList(failures.map(failureMessage));
            return response;
        }),
        diff: unary(async (request: messages.DiffRequest) => {
            const type = typeOf(request.getUrn());
            const changes = Object.entries(
                await diff(type, properties(request.getOlds()), properties(request.getNews())),
            );
            const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
            const response = new messages.DiffResponse();
            response.setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
            response.setDiffsList(changes.map(([name]) => name));
            response.setReplacesList(changes.filter(([, kind]) => kind === UPDATE_REPLACE).map(([name]) => name));
            response.setHasdetaileddiff(true);
            for (const [name, kind] of changes) {
                const detail = new messages.PropertyDiff();
                detail.setKind(kind);
                detail.setInputdiff(name !== "contextHash");
                response.getDetaileddiffMap().set(name, detail);
            }
            return response;
        }),
        create: unary(async (request: messages.CreateRequest) => {
            const context = contextOf(request.getUrn(), request.getPreview());
            const { id, state } = await apply(typeOf(request.getUrn()), properties(request.getProperties()), context);
            const response = new messages.CreateResponse();
            response.setId(id);
            response.setProperties(struct(state));
            return response;
        }),
        update: unary(async (request: messages.UpdateRequest) => {
            const context = contextOf(request.getUrn(), request.getPreview());
            const { state } = await apply(typeOf(request.getUrn()), properties(request.getNews()), context);
            const response = new messages.UpdateResponse();
            response.setProperties(struct(state));
            return response;
        }),
        read: unary(async (request: messages.ReadRequest) => {
            const state = await read(typeOf(request.getUrn()), properties(request.getProperties()));
            const response = new messages.ReadResponse();
            if (state !== undefined) {
                response.setId(request.getId());
                response.setInputs(request.getInputs());
                response.setProperties(struct(state));
            }
            return response;
        }),
        delete: unary((request: messages.DeleteRequest) => {
            throw unsupported(`Deleting ${typeOf(request.getUrn())} from the registry`);
        }),
        invoke: unary((request: messages.InvokeRequest) => {
            throw unsupported(`The function ${request.getTok()}`);
        }),
        cancel: unary(() => {
            cancellation.abort();
            return new Empty();
        }),
    };

    return {
        handlers,
        shutDown: async () => {
            cancellation.abort();
            await Promise.allSettled(running);
        },
    };
}

function properties(struct: Struct | undefined): Properties {
    return struct?.toJavaScript() ?? {};
}

function struct(values: Properties): Struct {
    return Struct.fromJavaScript(values);
}

/** The type of a resource, the last part of the third part of its URN: `parent$type`. Refuses other types. */
function typeOf(urn: string): string {
    const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
    if (type !== IMAGE_TYPE && type !== INDEX_TYPE) {
        throw unsupported(type);
    }
    return type;
}

function failureMessage({ property, reason }: CheckFailure): messages.CheckFailure {
    // For a failure that names its property, the engine also shows the value, and may not find it.
    const failure = new messages.CheckFailure();
    failure.setReason(`${property}: ${reason}`);
    return failure;
}

type Handler<Request, Response> = (request: Request) => Response | Promise<Response>;
