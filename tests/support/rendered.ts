/** Every object that the components create, as it would be sent to an API server. */
import { fixtures } from "./components";
import { type Properties, pushed, type Registration, run, Secret } from "./mocks";
import { scenarios } from "./scenarios";

export interface Rendered {
    /** The component that created it, and its arguments: "Notebook, all arguments". */
    origin: string;
    object: KubernetesObject;
}

export interface KubernetesObject {
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace?: string; labels?: Record<string, string> };
    spec?: object;
}

/** The value without secret markers. */
function plain(value: unknown): unknown {
    if (value instanceof Secret) {
        return plain(value.value);
    }
    if (Array.isArray(value)) {
        return value.map(plain);
    }
    return value !== null && typeof value === "object"
        ? Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]))
        : value;
}

const isObject = ({ type, inputs }: Registration): boolean => type.startsWith("kubernetes:") && "apiVersion" in inputs;

/** The pod templates in a custom resource, each as a pod: scanners do not find them. */
function podsOf({ kind, metadata, spec }: KubernetesObject): KubernetesObject[] {
    const found: KubernetesObject[] = [];
    const look = (value: unknown, labels: Record<string, string> | undefined): void => {
        if (value === null || typeof value !== "object") {
            return;
        }
        if ("containers" in value && Array.isArray(value.containers) && value.containers.length > 0) {
            const name = `${metadata.name}-${kind.toLowerCase()}-${found.length}`;
            found.push({
                apiVersion: "v1",
                kind: "Pod",
                metadata: { name, namespace: metadata.namespace, labels },
                spec: value,
            });
            return;
        }
        const { metadata: own } = value as { metadata?: { labels?: Record<string, string> } };
        Object.values(value).forEach((below) => look(below, own?.labels ?? labels));
    };
    look(spec, metadata.labels);
    return found;
}

const builtIn = /^(v1|apps\/v1|batch\/v1|autoscaling\/v2|policy\/v1|rbac\.authorization\.k8s\.io\/v1)$/;

/** The outputs that components read from their objects. */
const fromOutside = (type: string, inputs: Properties): Properties =>
    type.startsWith("kubernetes:")
        ? { metadata: { ...(inputs.metadata as object), uid: "00000000-0000-0000-0000-000000000000" } }
        : pushed(type, inputs);

async function objectsOf(origin: string, program: () => unknown): Promise<Rendered[]> {
    const { resources } = await run(program, { outputs: fromOutside });
    return resources
        .filter(isObject)
        .map(({ inputs }) => plain(inputs) as KubernetesObject)
        .flatMap((object) => (builtIn.test(object.apiVersion) ? [object] : [object, ...podsOf(object)]))
        .map((object) => ({ origin, object }));
}

/** What all components create from minimal and complete arguments, and from those of all scenarios, edit by edit. */
export async function renderedObjects(): Promise<Rendered[]> {
    const all: Rendered[] = [];
    for (const { component, valid, full } of fixtures) {
        for (const [what, args] of [
            ["minimal arguments", valid()],
            ["all arguments", full()],
        ] as const) {
            all.push(...(await objectsOf(`${component.name}, ${what}`, () => new component("fraud", args))));
        }
    }
    for (const { name, edits, create } of scenarios) {
        for (let count = 0; count <= edits.length; count++) {
            const args = Object.assign({}, ...edits.slice(0, count).map(({ edit }) => edit)) as Record<string, unknown>;
            const origin = `the scenario ${name}, edit ${count}`;
            all.push(...(await objectsOf(origin, () => create({ namespace: "ml" }, args, {}))));
        }
    }
    return all;
}
