import { duration } from "../../arguments/duration";
import { absolutePath, imageRef, integer, oneOf, truth } from "../../arguments/formats";
import { object, plain, type Problems, required, rule, type RulesOf } from "../../arguments/rules";
import { checkWorkload, workloadFields } from "../../pod/args";
import { checkClaim, claimFields } from "../../pod/claim-args";
import { modelProblem } from "../../pod/model-volume";
import { autoscalingRule, checkAutoscaling } from "../../serving/autoscaling-args";
import { routeRule } from "../../serving/route-args";
import { type ModelServerArgs, ServerBackend, type ServerVariantArgs, type CanaryArgs, type ShadowArgs } from "./args";

const variantFields = {
    image: imageRef,
    command: workloadFields.command,
    args: workloadFields.args,
    env: workloadFields.env,
    model: rule(modelProblem),
    replicas: integer(0, 10000),
} satisfies RulesOf<ServerVariantArgs>;

export const fields = {
    ...workloadFields,
    model: rule(modelProblem),
    port: integer(1, 65535),
    replicas: integer(0, 10000),
    autoscaling: autoscalingRule,
    healthPath: absolutePath,
    readyPath: absolutePath,
    startupTimeout: duration,
    shutdownTimeout: duration,
    warmUpPath: absolutePath,
    metrics: truth,
    modelCache: object(claimFields),
    route: routeRule,
    canary: object<CanaryArgs>({
        ...variantFields,
        weight: required(integer(0, 100), "say how many in a hundred requests it gets"),
    }),
    shadow: object<ShadowArgs>({ ...variantFields, percent: integer(1, 100) }),
    backend: plain(oneOf(Object.values(ServerBackend)), "it decides which objects there are: give a text"),
} satisfies RulesOf<ModelServerArgs>;

export function checkAcross(args: ModelServerArgs, problems: Problems): void {
    checkWorkload(args, problems);
    if (args.replicas !== undefined && args.autoscaling !== undefined) {
        problems.add("replicas", "is given besides autoscaling, which owns the number; leave one of them out");
    }
    checkAutoscaling(args.autoscaling, problems);
    checkModelCache(args, problems);
    checkVariants(args, problems);
    if (args.backend === ServerBackend.KServe) {
        checkKServe(args, problems);
    }
}

function checkModelCache({ model, modelCache }: ModelServerArgs, problems: Problems): void {
    checkClaim(modelCache, "modelCache", problems);
    if (modelCache !== undefined && model === undefined) {
        problems.add("modelCache", "is given without a model; name one that is downloaded, or leave it out");
    }
    if (modelCache !== undefined && typeof model === "string" && /^(pvc|oci):/.test(model)) {
        problems.add("modelCache", `is of no use for ${model}, which is mounted and not downloaded; leave it out`);
    }
}

function checkVariants(args: ModelServerArgs, problems: Problems): void {
    for (const part of ["canary", "shadow"] as const) {
        const variant = args[part];
        if (variant === undefined) {
            continue;
        }
        if (args.route === undefined) {
            problems.add(part, "is given without a route, and a Service cannot tell requests apart; give a route");
        }
        const { image, command, args: words, env, model } = variant;
        if ([image, command, words, env, model].every((one) => one === undefined)) {
            problems.add(part, "is no other version; give the image, the model or what else it has of its own");
        }
        for (const name of Object.keys(env ?? {}).filter((key) => key in (args.secretEnv ?? {}))) {
            problems.add(`${part}.env.${name}`, "stands under secretEnv as well; leave one of them out");
        }
    }
}

function checkKServe({ canary, shadow, autoscaling: scaling }: ModelServerArgs, problems: Problems): void {
    const mend = 'with backend "KServe"; leave it out, or the backend';
    for (const [part, value] of Object.entries({ canary, shadow })) {
        if (value !== undefined) {
            problems.add(part, `is not to be had ${mend}`);
        }
    }
    for (const field of ["queue", "triggers", "scaleDownAfter"] as const) {
        if (scaling?.[field] !== undefined) {
            problems.add(`autoscaling.${field}`, `is not to be had ${mend}`);
        }
    }
    const target = scaling?.targetCpuUtilization;
    if (typeof target === "number" && target > 100) {
        problems.add("autoscaling.targetCpuUtilization", `is ${target}; KServe takes at most 100`);
    }
}
