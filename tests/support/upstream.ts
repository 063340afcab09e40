/**
 * What the projects of the add-ons publish: their charts' names and values, and their CRDs. The tests compare the
 * definitions with it. It comes from the projects' Go modules where they contain it, and otherwise from
 * ../shared/upstream, which may be missing, and which also has where everything is published.
 */
import * as fs from "node:fs";
import * as path from "node:path";

import Ajv, { type ValidateFunction } from "ajv";
import Ajv2020 from "ajv/dist/2020";
import * as yaml from "yaml";

import { catalog } from "../../src/platform/addon-catalog";
import type { ChartSource, Context, Definition, KubernetesObject, Values } from "../../src/platform/catalog/definition";
import { addonNames, type AddonName, kebabCase } from "../../src/platform/catalog/names";
import type { PlatformAddonArgs } from "../../src/platform/catalog/platform-addon-args";
import { mergeValues } from "../../src/platform/rendering/merge-values";
import { samples } from "./addon-arguments";
import { crdsIn, crdText, type UpstreamCrd, yamlFiles } from "./upstream-crds";
import { moduleFolders, moduleOf } from "./upstream-modules";

const upstream = path.join(__dirname, "..", "..", "..", "shared", "upstream");

/** Why only the content of Go modules is available, or undefined where the files exist. */
export const sharedMissing = fs.existsSync(path.join(upstream, "index.json"))
    ? undefined
    : "../shared/upstream does not exist";

/** The entry of an add-on in index.json. */
export interface UpstreamAddon {
    /** `<owner>/<name>` on GitHub. */
    repository: string;
    tag: string;
    chart: string | null;
    chartVersion: string | null;
    chartRepository: string;
    namespace: string;
}

const read = (...file: string[]) => fs.readFileSync(path.join(...file), "utf8");
const once = <T>(make: () => T): (() => T) => {
    let made: { value: T } | undefined;
    return () => (made ??= { value: make() }).value;
};

export const index = once(() => JSON.parse(read(upstream, "index.json")) as Record<string, UpstreamAddon>);

/** The folders of add-ons that have a different name upstream. */
const otherFolders: Partial<Record<AddonName, string>> = {
    leaderWorkerSet: "lws",
    nvidiaDraDriver: "dra-driver-nvidia-gpu",
    inferenceExtension: "gateway-api-inference-extension",
};

export const folderOf = (name: AddonName): string => otherFolders[name] ?? kebabCase(name);

/** The existing folders, and those for which only Go modules exist. */
const folders = once(() => [...new Set([...moduleFolders, ...(sharedMissing ? [] : Object.keys(index()))])]);

/** The release of a project, as its tag, where it is known. */
export function releaseOf(folder: string): string | undefined {
    const module = moduleOf(folder);
    return typeof module !== "string" ? module.version : sharedMissing ? undefined : index()[folder]?.tag;
}

/** Why nothing is known about a project. */
export function whyFolderMissing(folder: string): string {
    const module = moduleOf(folder);
    return `${typeof module === "string" ? module : `its Go module does not have it`}, and ${sharedMissing}`;
}

export const definitions = Object.entries(catalog) as [AddonName, Definition<PlatformAddonArgs>][];

// ---- Charts

/** A chart, as far as its files are there. */
export interface UpstreamChart {
    name: string;
    version: string;
    /** The tag of the project's release that it belongs to; undefined for a sub-chart. */
    release?: string;
    appVersion?: string;
    /** Its default values, including those of its sub-charts. */
    defaults: Values;
    /** The keys in its values.yaml, including those that are commented out, each as a path. */
    keys: Set<string>;
    /** Those of the keys that have keys below them. */
    parents: Set<string>;
    schema?: Schema;
    /** Sub-charts that have schemas, by the key of their values. */
    children: Record<string, UpstreamChart>;
}

interface ChartFile {
    name: string;
    version: string;
    appVersion?: string;
    dependencies?: { name: string; alias?: string; condition?: string }[];
}

const separator = "\u0000";
const pathOf = (keys: string[]) => keys.join(separator);

/** The values.yaml of a chart, or the template from which a release creates it. */
const valuesFile = (directory: string): string | undefined =>
    ["values.yaml", "values.tmpl.yaml"].map((file) => path.join(directory, file)).find(fs.existsSync);

function readChart(directory: string): UpstreamChart {
    const { name, version, appVersion, dependencies = [] } = yaml.parse(read(directory, "Chart.yaml")) as ChartFile;
    const text = read(valuesFile(directory)!);
    const chart: UpstreamChart = {
        name,
        version,
        appVersion,
        defaults: (yaml.parse(text) as Values | null) ?? {},
        keys: keysOf(text),
        parents: new Set(),
        schema: fs.existsSync(path.join(directory, "values.schema.json"))
            ? (JSON.parse(read(directory, "values.schema.json")) as Schema)
            : undefined,
        children: {},
    };
    for (const dependency of dependencies) {
        // A condition is a key, or several, that turns a sub-chart on.
        for (const condition of dependency.condition?.split(",") ?? []) {
            condition.split(".").forEach((_key, index, all) => chart.keys.add(pathOf(all.slice(0, index + 1))));
        }
        const below = path.join(directory, "charts", dependency.name);
        if (valuesFile(below) !== undefined) {
            const key = dependency.alias ?? dependency.name;
            const child = readChart(below);
            chart.children[key] = child;
            chart.defaults = mergeValues({ [key]: child.defaults }, chart.defaults);
            child.keys.forEach((one) => chart.keys.add(pathOf([key, one])));
        }
    }
    chart.keys.forEach((key) => chart.parents.add(key.slice(0, Math.max(key.lastIndexOf(separator), 0))));
    return chart;
}

/** A key at the start of a line: `key:`, `"key":`, `- key:`, each commented out or not. */
const keyLine = /^(?<before> *)(?<comment>#+)?(?<after> *)(?:- )?(?:"(?<quoted>[^"]+)"|(?<bare>[\w./-]+)):(?:\s|$)/;

/**
 * The keys in a values.yaml, including those that are commented out, as paths. Prose that looks like a key is treated
 * as one, which does no harm.
 */
function keysOf(text: string): Set<string> {
    interface Level {
        indent: number;
        key: string;
    }
    const keys = new Set<string>();
    let levels: Level[] = [];
    let commented: Level[] = [];
    const at = (above: Level[], indent: number, key: string): Level[] => {
        const all = [...above.filter((level) => level.indent < indent), { indent, key }];
        keys.add(pathOf(all.map((level) => level.key)));
        return all;
    };
    for (const line of text.split("\n")) {
        const { before = "", comment, after = "", quoted, bare } = keyLine.exec(line)?.groups ?? {};
        const key = quoted ?? bare;
        if (key === undefined) {
            continue;
        }
        if (comment === undefined) {
            levels = at(levels, before.length, key);
            commented = levels;
        } else {
            // The text after "# " may be indented from the "#" or from the letter after it.
            at(commented, before.length + after.length, key);
            commented = at(commented, before.length + Math.max(after.length - 1, 0), key);
        }
    }
    return keys;
}

/** Where a chart is, and which project it belongs to. */
interface ChartPlace {
    folder: string;
    directory: string;
}

/** The charts of a project in ../shared/upstream. A sub-chart may be another version, with other values. */
export function sharedCharts(folder: string): string[] {
    const directory = path.join(upstream, folder);
    return fs
        .readdirSync(directory, { recursive: true, encoding: "utf8" })
        .filter((file) => path.basename(file) === "Chart.yaml" && !/chart\/charts\//.test(file))
        .sort()
        .map((file) => path.dirname(path.join(directory, file)));
}

/** The locations of charts by name, those in Go modules first. */
const chartPlaces = once(() => {
    const byName = new Map<string, ChartPlace[]>();
    const ofModules = (folder: string) => {
        const module = moduleOf(folder);
        return typeof module === "string" ? [] : module.charts;
    };
    for (const chartArgs of [ofModules, ...(sharedMissing ? [] : [sharedCharts])]) {
        for (const folder of folders()) {
            for (const directory of chartArgs(folder)) {
                const { name } = yaml.parse(read(directory, "Chart.yaml")) as ChartFile;
                byName.set(name, [...(byName.get(name) ?? []), { folder, directory }]);
            }
        }
    }
    return byName;
});

const charts = new Map<string, UpstreamChart>();

/** The files of a chart that an add-on installs, which may belong to another project. */
export function chartOf(name: AddonName, source: ChartSource): UpstreamChart | undefined {
    const found = chartPlaces().get(source.name) ?? [];
    const place = found.find(({ folder }) => folder === folderOf(name)) ?? found[0];
    if (place === undefined) {
        return undefined;
    }
    if (!charts.has(place.directory)) {
        charts.set(place.directory, { ...readChart(place.directory), release: releaseOf(place.folder) });
    }
    return charts.get(place.directory);
}

/** Why the charts cannot be read, or undefined where they can. */
export function chartsMissing(name: AddonName, sources: ChartSource[]): string | undefined {
    const missing = sources.filter((source) => chartOf(name, source) === undefined).map((source) => source.name);
    if (sharedMissing === undefined || missing.length === 0) {
        return undefined;
    }
    const module = moduleOf(folderOf(name));
    return `${typeof module === "string" ? module : `no Go module has the chart ${missing.join(", ")}`}, and ${sharedMissing}`;
}

/** Whether a version in a Chart.yaml is a real one, and not a placeholder until the chart is published. */
export const isPublished = (version: string | undefined): version is string =>
    version !== undefined && /^v?\d+\.\d+/.test(version) && !/^v?0\.0\.|-devel$|^v0\.0\.0/.test(version);

/** Where a chart is published, each as `oci://…/<chart>` or as the URL of a repository. */
export function repositoriesOf({ chartRepository }: UpstreamAddon, chart: string): string[] {
    return chartRepository
        .replace("<chart>", chart)
        .split(/ ; |\s*\(also |\)/)
        .map((address) => address.trim().replace(/\/$/, ""))
        .filter((address) => address !== "");
}

const isMap = (value: unknown): value is Values => value !== null && typeof value === "object" && !Array.isArray(value);

const kindOf = (value: unknown): string => (Array.isArray(value) ? "list" : isMap(value) ? "map" : typeof value);

/** Maps with arbitrary keys. */
const isOpen = (key: string): boolean => /(annotations|labels|nodeselector)$/i.test(key);

/** Quantities, which are strings or numbers, as anywhere in YAML. */
const isQuantity = (keys: string[]): boolean => keys.includes("requests") || keys.includes("limits");

/** The problems with values: keys that a chart does not have, and values of a different type than its defaults. */
export function valuesProblems(
    chart: UpstreamChart,
    values: Values,
    freeForm: string[],
    otherType: string[],
): string[] {
    const problems: string[] = [];
    const look = (ours: Values, defaults: unknown, above: string[]) => {
        for (const [key, value] of Object.entries(ours)) {
            const keys = [...above, key];
            const shown = keys.join(".");
            const theirs = isMap(defaults) ? defaults[key] : undefined;
            const isThere = (isMap(defaults) && key in defaults) || chart.keys.has(pathOf(keys));
            const bySchema = chart.schema && schemaHas(chart.schema, keys);
            if (!isThere && !bySchema) {
                problems.push(`${shown} does not exist`);
            } else if (
                theirs !== undefined &&
                theirs !== null &&
                value !== null &&
                kindOf(theirs) !== kindOf(value) &&
                !isQuantity(keys) &&
                !otherType.includes(shown)
            ) {
                problems.push(`${shown} is a ${kindOf(value)}, and a ${kindOf(theirs)} by default`);
            }
            const isFree = theirs === null || (isMap(theirs) && Object.keys(theirs).length === 0);
            const isOnlyCommented = theirs === undefined && !chart.parents.has(pathOf(keys)) && !bySchema;
            if (isMap(value) && !isFree && !isOnlyCommented && !isOpen(key) && !freeForm.includes(shown)) {
                look(value, theirs, keys);
            }
        }
    };
    look(values, chart.defaults, []);
    return problems;
}

// ---- Schemas of values

/** A JSON schema. */
export type Schema = Record<string, unknown>;

function schemaHas(root: Schema, keys: string[]): boolean {
    const allows = (schema: unknown, rest: string[]): boolean => {
        if (schema === true) {
            return true;
        }
        if (!isMap(schema)) {
            return false;
        }
        if (typeof schema.$ref === "string") {
            const target = schema.$ref
                .replace(/^#\/?/, "")
                .split("/")
                .reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), root);
            if (target !== undefined && allows(target, rest)) {
                return true;
            }
        }
        const alternatives = ["allOf", "anyOf", "oneOf"].flatMap((key) => (schema[key] as unknown[] | undefined) ?? []);
        if (alternatives.some((alternative) => allows(alternative, rest))) {
            return true;
        }
        const [key, ...below] = rest;
        if (key === undefined) {
            return true;
        }
        const properties = (schema.properties ?? {}) as Record<string, unknown>;
        if (key in properties) {
            return allows(properties[key], below);
        }
        const patterns = Object.entries((schema.patternProperties ?? {}) as Record<string, unknown>);
        const [, byPattern] = patterns.find(([pattern]) => new RegExp(pattern).test(key)) ?? [];
        if (byPattern !== undefined) {
            return allows(byPattern, below);
        }
        if (isMap(schema.additionalProperties)) {
            return allows(schema.additionalProperties, below);
        }
        // A map whose schema names no key allows any.
        const isObject = schema.type === "object" || (Array.isArray(schema.type) && schema.type.includes("object"));
        return isObject && Object.keys(properties).length === 0 && schema.additionalProperties !== false;
    };
    return allows(root, keys);
}

const validators = new Map<Schema, ValidateFunction>();

function validatorOf(schema: Schema): ValidateFunction {
    if (!validators.has(schema)) {
        const { $schema, ...rest } = schema;
        const Validator = typeof $schema === "string" && $schema.includes("2020-12") ? Ajv2020 : Ajv;
        validators.set(
            schema,
            new Validator({ strict: false, allErrors: true, validateFormats: false, logger: false }).compile(rest),
        );
    }
    return validators.get(schema)!;
}

function errorsOf(validator: ValidateFunction, value: unknown): string[] {
    return validator(value)
        ? []
        : (validator.errors ?? []).map(
              ({ instancePath, message, params }) => `${instancePath || "/"} ${message} ${JSON.stringify(params)}`,
          );
}

/** Without the keys that are null, by which Helm removes defaults. */
function withoutNulls(values: Values): Values {
    return Object.fromEntries(
        Object.entries(values)
            .filter(([, value]) => value !== null)
            .map(([key, value]) => [key, isMap(value) ? withoutNulls(value) : value]),
    );
}

/**
 * The problems that the values schemas of a chart and of its sub-charts find in its defaults with ours merged into
 * them.
 */
export function schemaProblems(chart: UpstreamChart, values: Values): string[] {
    const merged = withoutNulls(mergeValues(chart.defaults, values));
    const own = chart.schema ? errorsOf(validatorOf(chart.schema), merged) : [];
    const below = Object.entries(chart.children).flatMap(([key, child]) =>
        schemaProblems(child, (merged[key] as Values | undefined) ?? {}).map((problem) => `${key}: ${problem}`),
    );
    return [...own, ...below];
}

// ---- CRDs and custom resources

interface CrdFile {
    spec: {
        group: string;
        scope: string;
        names: { kind: string };
        versions: { name: string; served: boolean; schema: { openAPIV3Schema: Schema } }[];
    };
}

/** The CRDs of a project in ../shared/upstream. */
export function sharedCrds(folder: string): UpstreamCrd[] {
    const directory = path.join(upstream, folder, "crds");
    return fs.existsSync(directory) ? yamlFiles(directory).flatMap(crdsIn) : [];
}

const crdsByFolder = new Map<string, UpstreamCrd[]>();

/** The CRDs of a project, or why they cannot be read. */
export function crdsOf(folder: string): UpstreamCrd[] | string {
    const found = crdsByFolder.get(folder);
    if (found !== undefined) {
        return found;
    }
    const module = moduleOf(folder);
    const files = typeof module === "string" ? undefined : module.crds;
    if (files === undefined && sharedMissing !== undefined) {
        return `${typeof module === "string" ? module : `no Go module has CRDs of ${folder}`}, and ${sharedMissing}`;
    }
    const crds = files?.flatMap(crdsIn) ?? sharedCrds(folder);
    crdsByFolder.set(folder, crds);
    return crds;
}

/** The CRDs of all projects, by `<group>/<kind>`. */
export const crdByKind = once(() => {
    const byKind = new Map<string, UpstreamCrd>();
    for (const folder of folders()) {
        const crds = crdsOf(folder);
        for (const crd of typeof crds === "string" ? [] : crds) {
            const key = `${crd.group}/${crd.kind}`;
            byKind.set(key, byKind.get(key) ?? crd);
        }
    }
    return byKind;
});

/** The kinds, each as `<group>/<kind>`, of those of these objects whose CRDs cannot be read. */
export const kindsMissing = (objects: KubernetesObject[]): string[] =>
    crdsMissing(objects.map(customKind).filter((kind) => kind !== undefined));

/** Those of these kinds, each as `<group>/<kind>`, whose CRDs cannot be read. */
export const crdsMissing = (kinds: string[]): string[] =>
    sharedMissing === undefined ? [] : [...new Set(kinds)].filter((kind) => !crdByKind().has(kind)).sort();

/** Why objects of these kinds are not checked. */
export const whyKindsMissing = (kinds: string[]): string | undefined =>
    kinds.length === 0
        ? undefined
        : `the CRDs of ${kinds.join(", ")} are not in any available Go module, and ${sharedMissing}`;

const openApi = new Map<string, ValidateFunction | string>();

function validatorOfKind({ apiVersion, kind }: KubernetesObject): ValidateFunction | string {
    const key = `${apiVersion}/${kind}`;
    if (!openApi.has(key)) {
        openApi.set(key, compileKind(apiVersion, kind));
    }
    return openApi.get(key)!;
}

function compileKind(apiVersion: string, kind: string): ValidateFunction | string {
    const [group, version] = apiVersion.split("/");
    const crd = crdByKind().get(`${group}/${kind}`);
    if (crd === undefined) {
        return `${apiVersion} ${kind} has no CRD`;
    }
    const { spec } = yaml.parse(crdText(crd)) as CrdFile;
    const found = spec.versions.find(({ name }) => name === version);
    if (!found?.served) {
        return `${group} does not serve ${kind} as ${version}`;
    }
    return new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false }).compile(
        closed(found.schema.openAPIV3Schema, true),
    );
}

/** The schema of a CRD as a JSON schema that refuses what an API server would drop or, in strict mode, refuse. */
function closed(schema: Schema, isRoot = false): Schema {
    const result: Schema = {};
    for (const [key, value] of Object.entries(schema)) {
        if (key.startsWith("x-kubernetes-") || key === "default" || key === "description" || key === "format") {
            continue;
        }
        if (key === "pattern" && !isPattern(value)) {
            continue;
        }
        const isByName = key === "properties";
        const isSchema = key === "items" || key === "additionalProperties" || key === "not";
        const isList = key === "allOf" || key === "anyOf" || key === "oneOf";
        // Logical schemas only contain rules for values, which do not close an object.
        result[key] =
            isByName && isMap(value)
                ? Object.fromEntries(Object.entries(value).map(([name, below]) => [name, closed(below as Schema)]))
                : isSchema && key !== "not" && isMap(value)
                  ? closed(value)
                  : isList && schema["x-kubernetes-int-or-string"]
                    ? undefined
                    : value;
    }
    if (schema["x-kubernetes-int-or-string"]) {
        return { type: schema.nullable ? ["integer", "string", "null"] : ["integer", "string"] };
    }
    const own = { apiVersion: { type: "string" }, kind: { type: "string" }, metadata: { type: "object" } };
    if (isRoot || schema["x-kubernetes-embedded-resource"]) {
        result.properties = { ...(result.properties as Schema | undefined), ...own };
    }
    if (
        schema.type === "object" &&
        schema.additionalProperties === undefined &&
        !schema["x-kubernetes-preserve-unknown-fields"]
    ) {
        result.additionalProperties = false;
    }
    return result;
}

/** Whether JavaScript can read a pattern that is written for Go. */
function isPattern(pattern: unknown): boolean {
    try {
        new RegExp(pattern as string, "u");
        return true;
    } catch {
        return false;
    }
}

/** The kind of a custom resource, as `<group>/<kind>`; undefined for a built-in kind. */
export const customKind = ({ apiVersion, kind }: KubernetesObject): string | undefined =>
    core.includes(apiVersion) ? undefined : `${apiVersion.split("/")[0]}/${kind}`;

/** The API groups of Kubernetes itself, and their cluster-scoped kinds. */
const core = [
    "v1",
    "admissionregistration.k8s.io/v1",
    "apiregistration.k8s.io/v1",
    "apps/v1",
    "batch/v1",
    "coordination.k8s.io/v1",
    "networking.k8s.io/v1",
    "policy/v1",
    "rbac.authorization.k8s.io/v1",
    "resource.k8s.io/v1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1",
];
const clusterWide =
    /^(Namespace|ClusterRole|ClusterRoleBinding|PriorityClass|StorageClass|DeviceClass|APIService|.*WebhookConfiguration|ValidatingAdmissionPolicy(Binding)?)$/;

/** The problems with an object that can be found without an API server. */
export function objectProblems(object: KubernetesObject): string[] {
    const { apiVersion, kind, metadata } = object;
    const isCore = core.includes(apiVersion);
    const validator = isCore ? undefined : validatorOfKind(object);
    if (typeof validator === "string") {
        return [validator];
    }
    const isClusterWide = isCore
        ? clusterWide.test(kind)
        : crdByKind().get(`${apiVersion.split("/")[0]}/${kind}`)!.scope === "Cluster";
    const problems = validator ? errorsOf(validator, object) : [];
    if (isClusterWide && metadata.namespace !== undefined) {
        problems.push("has a namespace, but its kind is cluster-scoped");
    }
    if (!isClusterWide && metadata.namespace === undefined) {
        problems.push("has no namespace");
    }
    return problems;
}

// ---- Combinations

/** One way to configure an add-on. */
export interface Combination {
    title: string;
    settings: PlatformAddonArgs;
    context: Context;
}

/** What an add-on requires with these settings, transitively. */
function requiredBy(name: AddonName, settings: PlatformAddonArgs): AddonName[] {
    const all = new Set<AddonName>();
    const add = (one: AddonName, its: PlatformAddonArgs) => {
        for (const needed of catalog[one]?.requires?.(its) ?? []) {
            if (!all.has(needed)) {
                all.add(needed);
                add(needed, {});
            }
        }
    };
    add(name, settings);
    return [...all];
}

/** The add-ons that conflict with an add-on, whichever of the two declares it. */
function excludedBy(name: AddonName, settings: PlatformAddonArgs): AddonName[] {
    const own = Object.keys(catalog[name].excludes?.(settings) ?? {}) as AddonName[];
    const others = definitions.filter(([, definition]) => definition.excludes?.({})[name] !== undefined);
    return [...new Set([...own, ...others.map(([other]) => other)])];
}

/** A platform for one add-on: its size, its availability, and its other add-ons. */
export function contextOf(
    namespace: string,
    { small = false, highlyAvailable = false, has = [] as AddonName[] },
): Context {
    const context: Context = {
        namespace,
        small,
        highlyAvailable,
        has: (addon) => has.includes(addon),
        namespaceOf: (addon) => catalog[addon]?.namespace ?? kebabCase(addon),
        outputOf: (addon, output) => {
            const definition = catalog[addon];
            return definition.outputs?.({}, { ...context, namespace: definition.namespace })[output] ?? "";
        },
    };
    return context;
}

/** Each setting of an add-on set once, and none at all. */
export function settingsOf(name: AddonName): PlatformAddonArgs[] {
    const table = Object.entries(samples[name] ?? {});
    return [
        {},
        ...table.flatMap(([field, { right, together }]) => right.map((value) => ({ ...together, [field]: value }))),
    ];
}

/** Every size, availability and setting of an add-on, in a platform with all other add-ons and with none. */
export function combinationsOf(name: AddonName): Combination[] {
    const { namespace } = catalog[name];
    const combinations: Combination[] = [];
    for (const settings of settingsOf(name)) {
        const required = requiredBy(name, settings);
        const excluded = excludedBy(name, settings);
        const everything = addonNames.filter((other) => other !== name && !excluded.includes(other));
        for (const small of [true, false]) {
            for (const highlyAvailable of [false, true]) {
                for (const has of [everything, required]) {
                    const title = [
                        small ? "small" : "standard",
                        highlyAvailable ? "high" : "single",
                        has === everything ? "with everything" : "alone",
                        JSON.stringify(settings),
                    ].join(", ");
                    combinations.push({
                        title,
                        settings,
                        context: contextOf(namespace, { small, highlyAvailable, has }),
                    });
                }
            }
        }
    }
    return combinations;
}

/** An object of ours, with the add-on and the combination that created it. */
export interface FoundObject {
    addon: AddonName;
    title: string;
    object: KubernetesObject;
}

/** All objects of ours that an add-on creates in all combinations, without duplicates. */
export function objectsOf(addon: AddonName): FoundObject[] {
    const definition = catalog[addon];
    const found = new Map<string, FoundObject>();
    for (const { title, settings, context } of combinationsOf(addon)) {
        const all = [
            ...(definition.objectsBefore?.(settings, context) ?? []),
            ...(definition.objects?.(settings, context) ?? []),
        ];
        for (const object of all) {
            const key = JSON.stringify(object);
            if (!found.has(key)) {
                found.set(key, { addon, title, object });
            }
        }
    }
    return [...found.values()];
}

/** The same for all add-ons. */
export const allObjects = (): FoundObject[] => definitions.flatMap(([addon]) => objectsOf(addon));
