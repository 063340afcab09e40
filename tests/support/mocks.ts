/**
 * The one way in which unit tests run a component: under Pulumi's mocks, with every request to the engine recorded. The
 * requests themselves are read, because Pulumi's mocks do not report parents, dependencies and options.
 */
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceOutputsRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import * as debuggable from "@pulumi/pulumi/runtime/debuggable";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";

/** A property that the engine encrypts in the state and hides in a preview. */
export class Secret {
    constructor(readonly value: unknown) {}
}

/** A property that is not known before `up`. */
export const unknown = Symbol("unknown");

/** What the engine was asked to register, with resources by name instead of URN. */
export interface Registration {
    type: string;
    name: string;
    /** Empty for a resource of the stack itself. */
    parent: string;
    /** All dependencies: `dependsOn`, and those of properties. */
    provider: string;
    /** The dependencies of a property; the replacement of one of these may replace this one. */
    dependsOn: string[];
    /** What a property comes from; the replacement of one of these may replace this one. */
    propertiesFrom: string[];
    /** The registered outputs of a component, or undefined if it has registered none. */
    options: Record<string, unknown>;
    inputs: Properties;
    /** What a component has registered as its outputs, or undefined if it has registered none. */
    outputs?: Properties;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into properties of any shape.
export type Properties = Record<string, any>;

/** A value that is not known before `up`. */
export function unknownOutput<T>(): pulumi.Output<T> {
    const { unknown: mark } = pulumi as unknown as { unknown: T };
    return pulumi.output({ mark }).apply((known) => known.mark) as pulumi.Output<T>;
}

/** Where properties are unknown, in order, such as `spec.containers[0].image`. */
export function unknownPaths(properties: unknown): string[] {
    return pathsOf(properties, (value) => value === unknown);
}

/** Where properties are secret. */
export function secretPaths(properties: unknown): string[] {
    return pathsOf(properties, (value) => value instanceof Secret);
}

function pathsOf(value: unknown, found: (value: unknown) => boolean, path = ""): string[] {
    if (found(value)) {
        return [path];
    }
    if (value === null || typeof value !== "object") {
        return [];
    }
    return Object.entries(value).flatMap(([key, field]) => {
        const step = Array.isArray(value) ? `[${key}]` : path === "" ? key : `.${key}`;
        return pathsOf(field, found, path + step);
    });
}

/** Everything that the engine was asked to register, sorted by name. */
export interface Recording {
    resources: Registration[];
    /** Everything that was sent unencrypted, as a string. */
    plainText: string;
    /** The resource of this name. */
    resource: (name: string) => Registration;
}

export interface RunOptions {
    /** Whether `pulumi preview` runs the program. Defaults to false: `pulumi up`. */
    preview?: boolean;
    /** The configuration of the stack, each value by its full key. Defaults to none. */
    config?: Record<string, string>;
    /** The outputs of a resource in addition to its inputs. Defaults to those of a pushed image. */
    outputs?: (type: string, inputs: Properties) => Properties;
    /** The resources in the stack's state, by URN, with their outputs. Defaults to a state that cannot be read. */
    state?: Record<string, Properties>;
}

/** The digest that the mock of the registry returns for every image that is pushed. */
export const pushedDigest = `sha256:${"d".repeat(64)}`;

/** The outputs of a pushed image. */
export function pushed(type: string, inputs: Properties): Properties {
    switch (type) {
        case "docker-build:index:Image":
            return { digest: pushedDigest };
        case "docker-build:index:Index":
            return { ref: `${inputs.tag}@${pushedDigest}` };
        default:
            return {};
    }
}

/**
 * Runs a program as the engine does, in the stack `stack` of the project `project`. An error in the program, or in one
 * of its Outputs, ends it.
 */
export async function run(program: () => unknown, options: RunOptions = {}): Promise<Recording> {
    const { preview = false, config = {}, outputs = pushed, state } = options;
    pulumi.runtime.setAllConfig(config);
    await pulumi.runtime.setMocks(
        {
            newResource: ({ type, name, inputs }: pulumi.runtime.MockResourceArgs) => ({
                id: `${name}-id`,
                // Outputs that only a real provider returns are unknown in a preview.
                state: { ...(inputs as Properties), ...(preview ? {} : outputs(type, inputs as Properties)) },
            }),
            call: ({ token }) => {
                if (token === "pulumi:pulumi:readStackResourceOutputs" && state) {
                    const resources = Object.entries(state).map(([urn, outputs]) => [urn, { outputs }]);
                    return { outputs: Object.fromEntries(resources) as object };
                }
                throw new Error(`the program called ${token}`);
            },
        },
        "project",
        "stack",
        preview,
        "organization",
    );
    const requests: RegisterResourceRequest[] = [];
    const outputRequests: RegisterResourceOutputsRequest[] = [];
    record(requests, outputRequests);
    await untilError(async () => {
        program();
        await pulumi.runtime.disconnect();
    });
    return recording(requests, outputRequests);
}

/** Returns the errors and warnings that a program has logged, without failing, each without the resource. */
export async function errorsOf<T>(
    program: () => Promise<T>,
): Promise<{ result: T; errors: string[]; warnings: string[] }> {
    const [errors, warnings]: [string[], string[]] = [[], []];
    const log = pulumi.log as unknown as Record<"error" | "warn", (message: string) => Promise<void>>;
    const { error, warn } = log;
    const keep = (lines: string[]) => (message: string) => Promise.resolve(void lines.push(message));
    Object.assign(log, { error: keep(errors), warn: keep(warnings) });
    try {
        return { result: await program(), errors, warnings };
    } finally {
        Object.assign(log, { error, warn });
    }
}

/** Makes the monitor record the requests that it receives. */
function record(requests: RegisterResourceRequest[], outputRequests: RegisterResourceOutputsRequest[]): void {
    type Method<T> = (request: T, callback: unknown) => unknown;
    const monitor = getMonitor() as unknown as {
        registerResource: Method<RegisterResourceRequest>;
        registerResourceOutputs: Method<RegisterResourceOutputsRequest>;
    };
    const keep =
        <T>(kept: T[], method: Method<T>): Method<T> =>
        (request, callback) => {
            kept.push(request);
            return method.call(monitor, request, callback);
        };
    monitor.registerResource = keep(requests, monitor.registerResource);
    monitor.registerResourceOutputs = keep(outputRequests, monitor.registerResourceOutputs);
}

/** Fails with the first error, as the engine does, even in a promise that is not awaited. */
async function untilError(work: () => Promise<void>): Promise<void> {
    const event = "unhandledRejection";
    const others = process.listeners(event);
    process.removeAllListeners(event);
    // Node reports a rejected promise that is not awaited when everything else has run.
    const allIsTold = () => new Promise((resolve) => setImmediate(resolve));
    try {
        await new Promise<void>((resolve, reject) => {
            process.on(event, reject);
            work()
                .then(allIsTold)
                .then(() => resolve(), reject);
        });
    } finally {
        await allIsTold();
        process.removeAllListeners(event);
        others.forEach((listener) => process.on(event, listener));
        // When the program has failed, some of its promises never settle, which Pulumi would report at the end.
        (debuggable as unknown as { leakedPromises(): void }).leakedPromises();
    }
}

function recording(requests: RegisterResourceRequest[], outputRequests: RegisterResourceOutputsRequest[]): Recording {
    const outputs = new Map(outputRequests.map((request) => [request.getUrn(), request.getOutputs()?.toJavaScript()]));
    const resources = requests
        .map((request) => registration(request, outputs))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    return {
        resources,
        plainText: JSON.stringify([resources, requests.map(restOf)], (_key, value: unknown) =>
            value instanceof Secret ? "a secret" : value,
        ),
        resource: (name) => {
            const found = resources.filter((one) => one.name === name);
            if (found.length !== 1) {
                throw new Error(`${found.length} resources are called ${name}`);
            }
            return found[0]!;
        },
    };
}

function registration(request: RegisterResourceRequest, outputs: Map<string, unknown>): Registration {
    const [type, name, parent] = [request.getType(), request.getName(), request.getParent()];
    const registered = outputs.get(urnOf(type, name, parent));
    const from = [...request.getPropertydependenciesMap().entries()].flatMap(([, urns]) => urns.getUrnsList());
    return {
        type,
        name,
        parent: nameOf(parent),
        provider: nameOf(request.getProvider().replace(/::[^:]*$/, "")),
        dependsOn: request.getDependenciesList().map(nameOf).sort(),
        propertiesFrom: [...new Set(from.map(nameOf))].sort(),
        options: optionsOf(request),
        inputs: decoded(request.getObject()?.toJavaScript()) as Properties,
        ...(registered !== undefined && { outputs: decoded(registered) as Properties }),
    };
}

/** A request without its properties, some of which are encrypted. */
function restOf(request: RegisterResourceRequest): object {
    return { ...request.toObject(), object: undefined };
}

/** A URN as the mocks create it: of the parents, it contains only the type of the direct one. */
function urnOf(type: string, name: string, parent: string): string {
    const parentType = parent.split("::")[2]?.split("$").pop();
    return `urn:pulumi:stack::project::${parentType ? `${parentType}$` : ""}${type}::${name}`;
}

function nameOf(urn: string): string {
    return urn.split("::")[3] ?? "";
}

function optionsOf(request: RegisterResourceRequest): Record<string, unknown> {
    const options = {
        protect: request.getProtect(),
        retainOnDelete: request.getRetainondelete(),
        deleteBeforeReplace: request.getDeletebeforereplace(),
        ignoreChanges: request.getIgnorechangesList(),
        replaceOnChanges: request.getReplaceonchangesList(),
        additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
        import: request.getImportid(),
        customTimeouts: Object.values(request.getCustomtimeouts()?.toObject() ?? {}).join(""),
    };
    return Object.fromEntries(
        Object.entries(options).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value)),
    );
}

/** Pulumi's markers of a secret and of an unknown value in a request. */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

function decoded(value: unknown): unknown {
    if (value === unknownValue) {
        return unknown;
    }
    if (Array.isArray(value)) {
        return value.map(decoded);
    }
    if (value === null || typeof value !== "object") {
        return value;
    }
    const fields = value as Record<string, unknown>;
    if (fields[signature] === secretSignature) {
        return new Secret(decoded(fields.value));
    }
    return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, decoded(field)]));
}
