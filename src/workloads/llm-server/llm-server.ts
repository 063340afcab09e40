import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../../arguments/hash";
import { mapInput, mapInputs } from "../../arguments/inputs";
import { validate } from "../../arguments/validate";
import { createClaim } from "../../pod/claim";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
import { createEnvironmentSecret } from "../../pod/secret";
import { createRoute } from "../../serving/route";
import { publicUrlOf } from "../../serving/route-args";
import { LlmBackend, type LlmEstimate, type LlmServerArgs } from "./args";
import { llmPort, servedName } from "./command";
import { buildLlmDeployment } from "./deployment";
import { buildLlmDisruptionBudget } from "./disruption-budget";
import { type LlmSpread, spreadOf } from "./estimate";
import { fitOfServer } from "./fit";
import { buildInferencePool } from "./inference-pool";
import { buildLlmLeaderWorkerSet } from "./leader-worker-set";
import { kserveServiceName, buildLlmInferenceService } from "./llm-inference-service";
import { type LlmContext, llmLabels } from "./pods";
import { checkAcross, fields, tokens } from "./rules";
import { buildLlmService } from "./service";

/**
 * A server of a large language model by vLLM, at an address that clients of OpenAI's API understand.
 *
 * A preview says how the model fits into the memory of the GPUs, and fails where it does not. Every change of the
 * image, the model or an option is a rolling update: a new pod is ready before an old one goes, for which GPUs must be
 * free, unless `surge` is false. What cannot be changed in place: the name, the workspace's namespace and `backend`,
 * which make the server anew.
 *
 * The image is one of vLLM, 0.18 or newer, such as the project's own, `vllm/vllm-openai`.
 */
export class LlmServer extends pulumi.ComponentResource {
    /**
     * The address inside the cluster for clients of OpenAI's API, for example
     * "http://llama.ml.svc.cluster.local:8000/v1".
     */
    public readonly url: pulumi.Output<string>;
    /** The same from outside, where `route.hostnames` says how it is reached, for example "https://llm.example.com/v1". */
    public readonly publicUrl?: pulumi.Output<string>;
    /** The name by which requests ask for the model. */
    public readonly modelName: pulumi.Output<string>;
    /** The name of the Service. */
    public readonly serviceName: pulumi.Output<string>;
    /** How much of the memory of each GPU is used for what, by estimate. */
    public readonly estimate: pulumi.Output<LlmEstimate>;

    constructor(name: string, args: LlmServerArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("LlmServer", name, args, fields, checkAcross);
        super("kubernetes-mlops:index:LlmServer", name, {}, opts);

        const { backend = LlmBackend.Deployment } = checked;
        const { namespace } = checked.workspace;
        const labels = llmLabels(name);
        const fit = fitOfServer(name, checked, this);
        const { nodes = 1, tensorParallel, pipelineParallel, gpu } = checked;
        const spread = mapInputs({ nodes, tensorParallel, pipelineParallel, gpu: { count: gpu?.count } }, spreadOf);
        // Where the fit is known only later, so is the model, which fails with it.
        const model = pulumi.Output.isInstance(fit)
            ? pulumi.all([fit, checked.model]).apply(([, known]) => known)
            : checked.model;
        const server = withDefaults({ ...checked, model }, spread);
        const secret =
            server.secretEnv &&
            createEnvironmentSecret(
                name,
                {
                    // Named after its content: a new token is a new Secret, which is rolled out like any change.
                    secretName: hashedName(`${name}-env`, server.secretEnv),
                    namespace,
                    labels,
                    values: server.secretEnv,
                },
                { parent: this },
            );
        const context: LlmContext = {
            spread,
            secretName: secret?.metadata.name,
            cache:
                checked.cache &&
                createClaim(`${name}-cache`, checked.cache, { resource: `${name}-cache`, namespace, labels }, this),
            claimTemplate: createGpuClaimTemplate(name, server, labels, this),
        };

        const target: LlmTarget =
            backend === LlmBackend.KServe
                ? inferenceServiceOf(name, server, context, this)
                : podsOf(name, server, context, this);

        this.serviceName = pulumi.output(target.service);
        this.modelName = pulumi.output(servedName(name, server));
        this.estimate = pulumi.output(mapInput(fit, ({ estimate }) => estimate));
        // Whoever uses the address waits for pods that answer.
        this.url = pulumi
            .all([target.service, target.namespace])
            .apply(([host, known]) => `http://${host}.${known}.svc.cluster.local:${llmPort}/v1`);
        const outside = publicUrlOf(checked.route);
        this.publicUrl =
            outside &&
            pulumi
                .all([outside, namespace])
                .apply(([address, known]) =>
                    backend === LlmBackend.KServe ? `${address}/${known}/${name}/v1` : `${address}/v1`,
                );
        this.registerOutputs({
            url: this.url,
            publicUrl: this.publicUrl,
            modelName: this.modelName,
            serviceName: this.serviceName,
            estimate: this.estimate,
        });
    }
}

/** The arguments with what they are without being said. */
function withDefaults(args: LlmServerArgs, spread: pulumi.Input<LlmSpread>): LlmServerArgs {
    const given = Object.entries(tokens).flatMap(([field, variable]) => {
        const value = args[field as keyof typeof tokens];
        return value === undefined ? [] : [[variable, value] as const];
    });
    const secretEnv = { ...args.secretEnv, ...Object.fromEntries(given) };
    const gpus = mapInput(spread, (known) => known.gpus);
    const { nodes = 1 } = args;
    return {
        ...args,
        gpu: { ...args.gpu, count: gpus },
        resources: {
            cpu: "4",
            memory: "24Gi",
            // It takes what is used and no more, so where the number is not known yet it does no harm. Of several nodes
            // each has processes besides the one that computes, whatever its GPUs.
            ...((gpus !== 1 || nodes > 1) && { sharedMemory: "8Gi" }),
            ...args.resources,
        },
        runAsUser: args.runAsUser ?? 2000,
        ...(Object.keys(secretEnv).length > 0 && { secretEnv }),
    };
}

/** Where a server is found, which is known when it answers. */
interface LlmTarget {
    service: pulumi.Input<string>;
    namespace: pulumi.Input<string>;
}

/** A server whose pods the component makes itself: alone, or several that have a model together. */
function podsOf(name: string, args: LlmServerArgs, context: LlmContext, parent: pulumi.Resource): LlmTarget {
    const { nodes = 1, endpointPicker, route } = args;
    const service = new core.Service(`${name}-service`, buildLlmService(name, args, nodes), { parent });
    // Where another stack has a server of this name, that is found out before its pods are touched.
    const opts = { parent, dependsOn: service };
    const pods =
        args.backend === LlmBackend.LeaderWorkerSet
            ? new CustomResource(`${name}-leaderworkerset`, buildLlmLeaderWorkerSet(name, args, context, nodes), opts)
            : new apps.Deployment(`${name}-deployment`, buildLlmDeployment(name, args, context), opts);
    new policy.PodDisruptionBudget(`${name}-pdb`, buildLlmDisruptionBudget(name, args), { parent });
    const pool =
        endpointPicker &&
        new CustomResource(`${name}-pool`, buildInferencePool(name, args, endpointPicker, nodes), { parent });
    if (route) {
        const backend = pool
            ? { service: pool.metadata.name, group: "inference.networking.k8s.io", kind: "InferencePool" }
            : { service: service.metadata.name };
        const target = {
            namespace: args.workspace.namespace,
            labels: llmLabels(name),
            backends: [{ ...backend, port: llmPort }],
            // vLLM asks for the key there and hardly anywhere else: /invocations answers whoever asks.
            only: "/v1",
        };
        // A long answer takes longer than Gateways wait by themselves.
        createRoute(name, { timeout: "10m", ...route }, target, parent, [pods]);
    }
    const { namespace } = args.workspace;
    return {
        service: pulumi.all([service.metadata.name, pods.metadata.name]).apply(([known]) => known),
        namespace: pulumi.all([namespace, pods.metadata.name]).apply(([known]) => known),
    };
}

/** A server that KServe makes. */
function inferenceServiceOf(
    name: string,
    args: LlmServerArgs,
    context: LlmContext,
    parent: pulumi.Resource,
): LlmTarget {
    const { metadata } = new CustomResource(`${name}-inferenceservice`, buildLlmInferenceService(name, args, context), {
        parent,
    });
    return {
        service: metadata.name.apply(kserveServiceName),
        namespace: pulumi.all([args.workspace.namespace, metadata.name]).apply(([known]) => known),
    };
}
