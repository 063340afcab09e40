import { duration } from "../../arguments/duration";
import { dnsSubdomain, integer, matching, oneOf, secretText, truth } from "../../arguments/formats";
import { mapInputs } from "../../arguments/inputs";
import { list, object, plain, type Problems, required, rule, type Rule, type RulesOf } from "../../arguments/rules";
import { longestName } from "../../arguments/validate";
import { checkWorkload, workloadFields } from "../../pod/args";
import { AccessMode, checkClaim, claimFields } from "../../pod/claim-args";
import { modelProblem } from "../../pod/model-volume";
import { routeRule } from "../../serving/route-args";
import { LlmBackend, type LlmServerArgs, type LoraArgs, type EndpointPickerArgs } from "./args";
import { ownFlags } from "./command";
import { fitOf } from "./estimate";
import { decides, factRules, size } from "./fact-rules";
import { factsOf, isSound } from "./fit";
import { isOnHub } from "./model-name";

const loraRanks = [8, 16, 32, 64, 128, 256, 320, 512];

const aName: Rule = matching(/^[^\s=,]+$/, 'it must be a name without spaces, commas and "="');

export const fields = {
    ...workloadFields,
    ...factRules,
    revision: matching(/^[-\w./]+$/, "it must be a branch, a tag or a commit"),
    servedName: aName,
    huggingFaceToken: secretText,
    apiKey: secretText,
    maxNumSeqs: size,
    prefixCaching: truth,
    toolCallParser: matching(/^[-\w]+$/, 'it must be the name of a parser of vLLM, such as "llama3_json"'),
    loras: list(
        required(
            object<LoraArgs>({
                name: required(aName, "name the adapter"),
                uri: required(rule(loraProblem), "say where it is, for example pvc://<claim>/<directory>"),
            }),
            "leave the entry out or describe an adapter",
        ),
    ),
    maxLoraRank: rule((value) =>
        loraRanks.includes(value as number) ? undefined : `it must be one of ${loraRanks.join(", ")}`,
    ),
    maxLoras: integer(1, 1024),
    backend: plain(oneOf(Object.values(LlmBackend)), decides),
    replicas: integer(0, 10000),
    surge: truth,
    cache: object(claimFields),
    startupTimeout: duration,
    shutdownTimeout: duration,
    route: routeRule,
    endpointPicker: object<EndpointPickerArgs>({
        service: required(dnsSubdomain, "name the Service of the endpoint picker, or leave endpointPicker out"),
        port: integer(1, 65535),
        failOpen: truth,
    }),
} satisfies RulesOf<LlmServerArgs>;

function loraProblem(uri: unknown): string | undefined {
    const isClaim = typeof uri === "string" && uri.startsWith("pvc://") && modelProblem(uri) === undefined;
    return isOnHub(uri) || isClaim
        ? undefined
        : 'it must be a name on Hugging Face, such as "acme/sql-lora", or pvc://<claim>/<directory>';
}

/**
 * The longest name of a LeaderWorkerSet. The workers of group 10000 are a StatefulSet called `<name>-10000`, whose pods
 * have a label of it, a hyphen and 10 more characters, and a label has 63.
 */
const longestOfGroups = 46;

export function checkAcross(args: LlmServerArgs, problems: Problems, name: string): void {
    checkWorkload(args, problems);
    checkClaim(args.cache, "cache", problems);
    checkBackend(args, problems, name);
    checkSecrets(args, problems);
    checkFlags(args, problems);
    checkLoras(args, problems);
    const found = mapInputs(factsOf(args), (facts) => (isSound(facts) ? fitOf(facts).problems : []));
    if (Array.isArray(found)) {
        found.forEach(({ path, problem }) => problems.add(path, problem));
    }
}

function checkBackend(args: LlmServerArgs, problems: Problems, name: string): void {
    const { backend = LlmBackend.Deployment, nodes = 1, cache } = args;
    if (backend === LlmBackend.LeaderWorkerSet && name.length > longestOfGroups && name.length <= longestName) {
        const most = `it must be at most ${longestOfGroups} characters`;
        problems.add("the name", `is "${name}"; with the backend LeaderWorkerSet ${most}`);
    }
    if (backend === LlmBackend.LeaderWorkerSet && nodes < 2) {
        problems.add("nodes", `is ${nodes}; a LeaderWorkerSet is for 2 or more: say how many, or leave backend out`);
    }
    if (backend !== LlmBackend.LeaderWorkerSet && nodes > 1) {
        problems.add(
            "nodes",
            `is ${nodes}; pods on several nodes work together in a LeaderWorkerSet: set backend to it`,
        );
    }
    if (nodes > 1 && cache && cache.claim === undefined && typeof (cache.accessMode ?? "") === "string") {
        if (cache.accessMode !== AccessMode.ReadWriteMany) {
            problems.add("cache.accessMode", "must be ReadWriteMany, because pods on several nodes mount the volume");
        }
    }
    if (backend === LlmBackend.KServe) {
        const instead: Partial<Record<keyof LlmServerArgs, string>> = {
            command: "KServe has its own: leave it out",
            cache: "KServe downloads the model itself: leave it out",
            surge: "KServe rolls its pods itself: leave it out",
            endpointPicker: "KServe brings its own: leave it out",
            huggingFaceToken:
                "KServe downloads with the HF_TOKEN of a Secret that the workspace's service account names: put it there",
        };
        for (const [field, mend] of Object.entries(instead)) {
            if (args[field as keyof LlmServerArgs] !== undefined) {
                problems.add(field, `is given besides backend "KServe"; ${mend}`);
            }
        }
        for (const field of (["path", "timeout", "tls"] as const).filter((one) => args.route?.[one] !== undefined)) {
            problems.add(`route.${field}`, 'is given besides backend "KServe"; KServe chooses it: leave it out');
        }
    }
}

/** The variables in which tokens are handed over. */
export const tokens = { huggingFaceToken: "HF_TOKEN", apiKey: "VLLM_API_KEY" } as const;

function checkSecrets(args: LlmServerArgs, problems: Problems): void {
    for (const [field, variable] of Object.entries(tokens)) {
        for (const place of ["env", "secretEnv"] as const) {
            if (args[field as keyof typeof tokens] !== undefined && variable in (args[place] ?? {})) {
                problems.add(`${place}.${variable}`, `is given besides ${field}; leave one of them out`);
            }
        }
    }
}

function checkFlags(args: LlmServerArgs, problems: Problems): void {
    (args.args ?? []).forEach((word, index) => {
        const flag = typeof word === "string" ? word.replace(/=.*/s, "") : "";
        const field = ownFlags[flag.startsWith("--") ? flag.replaceAll("_", "-") : flag];
        if (field !== undefined) {
            problems.add(`args[${index}]`, `is ${flag}, which has an argument of its own: use ${field}`);
        }
    });
}

function checkLoras(args: LlmServerArgs, problems: Problems): void {
    const loras = args.loras ?? [];
    const names = loras.map((lora) => lora?.name).filter((name) => typeof name === "string");
    for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index))) {
        problems.add("loras", `has two adapters called ${name}; requests could not tell them apart`);
    }
    for (const field of (["maxLoraRank", "maxLoras"] as const).filter((one) => args[one] !== undefined)) {
        if (loras.length === 0) {
            problems.add(field, "is given without loras; leave it out or name an adapter");
        }
    }
}
