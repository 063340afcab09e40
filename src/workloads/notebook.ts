import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { duration, durationPattern } from "../duration";
import { hashedName, hashOf } from "../manifests/hash";
import { objectMeta } from "../manifests/metadata";
import {
    editorOf,
    homeDir,
    idleRoleName,
    idleRules,
    notebookLabels,
    notebookService,
    notebookStatefulSet,
} from "../manifests/notebook";
import {
    failOutput,
    list,
    object,
    oneOf,
    plain,
    Problems,
    required,
    rule,
    secretText,
    textOf,
    validate,
} from "../validation";
import { checkClaim, ClaimArgs, claimFields, claimOf } from "./claim";
import { gpuClaimTemplate } from "./gpu-claim";
import { podRole } from "./role";
import { publicUrlOf, RouteArgs, routeOf, routeRule } from "./route";
import { environmentSecret } from "./secret";
import { checkWorkload, WorkloadArgs, workloadFields } from "./workload";

/** What the user works in, which must be in the image. */
export enum NotebookEditor {
    /** JupyterLab, on port 8888. */
    JupyterLab = "jupyterlab",
    /** VS Code in the browser (code-server), on port 8080. */
    VSCode = "vscode",
}

/** The arguments of a Notebook. */
export interface NotebookArgs extends WorkloadArgs {
    /**
     * What the user works in. It decides the command, the port and how the notebook is asked whether it works and is in
     * use; a `command` of your own must serve on that port. Another editor rolls the pod. Defaults to JupyterLab.
     */
    editor?: NotebookEditor;
    /**
     * What one signs in with, JupyterLab's token or code-server's password. It is a secret whether it is given as one
     * or not. Another one rolls the pod. Defaults to one that is made up once and then stays.
     */
    token?: pulumi.Input<string>;
    /**
     * The volume of the home directory, `/home/notebook`, in which the editor starts. Defaults to a claim of 10Gi that
     * the component creates and that outlives it.
     */
    home?: ClaimArgs;
    /**
     * After how long without use the notebook is stopped: its pod goes and with it all that it holds, GPUs above all;
     * the home directory stays. For example "30m", or "never". In use is a JupyterLab as long as a cell runs, a kernel
     * or a terminal has something to say; a VS Code as long as a browser is connected to it. Needs `python3` in the
     * image. `kubectl scale statefulset <name> --replicas=1` starts it again, and so does another entry in `triggers`.
     * Defaults to "2h".
     */
    idleTimeout?: string;
    /**
     * Texts, a change of any of which starts the notebook again, whether it runs or was stopped: a date, say. What is
     * not in the home directory is lost. Defaults to none.
     */
    triggers?: pulumi.Input<string>[];
    /**
     * How long `pulumi up` waits until the notebook answers: a node is found, the image is there and the editor runs.
     * Defaults to "15m".
     */
    startupTimeout?: pulumi.Input<string>;
    /**
     * The way from outside the cluster, by a Gateway of the platform. Its address is `publicUrl`; its `timeout` defaults
     * to "1h". Defaults to none: `kubectl port-forward service/<name> 8888` reaches it.
     */
    route?: RouteArgs;
}

const idleTimeoutProblem = (value: unknown): string | undefined =>
    typeof value === "string" && (value === "never" || durationPattern.test(value))
        ? undefined
        : 'it must be "never", or a length of time in days, hours, minutes and seconds, for example "30m" or "2h"';

const fields = {
    ...workloadFields,
    editor: plain(oneOf(Object.values(NotebookEditor)), "it decides the command: give one of NotebookEditor"),
    token: secretText,
    home: object(claimFields),
    idleTimeout: plain(rule(idleTimeoutProblem), 'it decides what is created: give a text, such as "2h" or "never"'),
    triggers: list(
        required(
            textOf({ notSecret: "triggers can be read in the StatefulSet: give what tells its starts apart" }),
            "leave the entry out or give a text",
        ),
    ),
    startupTimeout: duration,
    route: routeRule,
};

function checkAcross(args: NotebookArgs, problems: Problems): void {
    checkWorkload(args, problems);
    checkClaim(args.home, "home", problems);
    const { tokenVariable } = editorOf(args);
    for (const field of ["env", "secretEnv"] as const) {
        if (tokenVariable in (args[field] ?? {})) {
            problems.add(`${field}.${tokenVariable}`, "is what one signs in with; give it as token");
        }
    }
    if (args.mounts?.some(({ path }) => path === homeDir)) {
        problems.add("mounts", `has a volume at ${homeDir}, which is home's; mount it elsewhere, below it for example`);
    }
}

/**
 * A notebook: JupyterLab or VS Code with a home directory that stays, behind a token, which is stopped when nobody uses
 * it.
 *
 * A change of its pod is rolled out: the old pod goes first, and with it what its kernels have in memory. The number of
 * pods is no part of what Pulumi keeps: a notebook that was stopped is no difference, and is left stopped by changes of
 * other arguments, which it finds when it is started.
 *
 * Its pod runs as a ServiceAccount of its own, or as that of the workspace, with the right to scale this one
 * StatefulSet; only the container that looks whether the notebook is used gets its token, unless the workspace names
 * one.
 */
export class Notebook extends pulumi.ComponentResource {
    /** The address inside the cluster, for example "http://fraud.ml.svc.cluster.local:8888". */
    public readonly url: pulumi.Output<string>;
    /** The address from outside, where `route` names a host. */
    public readonly publicUrl?: pulumi.Output<string>;
    /** What one signs in with. */
    public readonly token: pulumi.Output<string>;
    /** The name of the StatefulSet, by which it is started and stopped. */
    public readonly statefulSetName: pulumi.Output<string>;
    /** The name of the claim of the home directory. */
    public readonly homeClaim: pulumi.Output<string>;

    constructor(name: string, args: NotebookArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Notebook", name, args, fields, checkAcross);
        super("kubernetes-mlops:index:Notebook", name, {}, opts);

        const { namespace } = checked.workspace;
        const labels = notebookLabels(name);
        const { tokenVariable, port, path, relative } = editorOf(checked);
        const home = claimOf(`${name}-home`, checked.home ?? {}, { resource: `${name}-home`, namespace, labels }, this);
        const token = pulumi.secret(checked.token ?? generatedToken(name, namespace, labels, this));
        const secret = environmentSecret(
            name,
            {
                // Named after its content, so that another token is rolled out; one that is made up does not change.
                secretName: hashedName(`${name}-env`, {
                    ...checked.secretEnv,
                    [tokenVariable]: checked.token ?? "generated",
                }),
                namespace,
                labels,
                values: { ...checked.secretEnv, [tokenVariable]: token },
            },
            { parent: this },
        );
        const role =
            checked.idleTimeout === "never"
                ? undefined
                : podRole(
                      name,
                      {
                          role: idleRoleName(name),
                          namespace,
                          labels,
                          rules: idleRules(name),
                          serviceAccount: checked.workspace.serviceAccount,
                      },
                      this,
                  );
        const service = new core.Service(`${name}-service`, notebookService(name, checked), { parent: this });
        const statefulSet = new apps.StatefulSet(
            `${name}-statefulset`,
            notebookStatefulSet(name, checked, {
                home,
                secretName: secret.metadata.name,
                serviceAccountName: role?.serviceAccountName,
                claimTemplate: gpuClaimTemplate(name, checked, labels, this),
            }),
            {
                parent: this,
                // Where another stack has a notebook of this name, that is found out before its pod is touched.
                dependsOn: role ? [service, role.binding] : service,
                // The only way to start one that was stopped and yet not to own the number of its pods.
                replaceOnChanges: ['metadata.annotations["kubernetes-mlops/triggers"]'],
                deleteBeforeReplace: true,
            },
        );
        if (checked.route) {
            const backend = { service: service.metadata.name, port };
            const target = { namespace, labels, backends: [backend], keepPath: !relative, directory: relative };
            // Large files, and what extensions do on the server, take longer than Gateways wait by themselves.
            routeOf(name, { timeout: "1h", ...checked.route }, target, this, [statefulSet]);
        }

        this.statefulSetName = statefulSet.metadata.name;
        this.homeClaim = pulumi.output(home);
        this.token = token;
        // Whoever uses the address waits for the notebook.
        this.url = pulumi
            .all([service.metadata, path, statefulSet.metadata.name])
            .apply(
                ([{ name: host, namespace: space }, base]) =>
                    `http://${host}.${space}.svc.cluster.local:${port}${base}`,
            );
        this.publicUrl = publicUrlOf(checked.route, relative);
        this.registerOutputs({
            url: this.url,
            publicUrl: this.publicUrl,
            token: this.token,
            statefulSetName: this.statefulSetName,
            homeClaim: this.homeClaim,
        });
    }
}

/**
 * A token that is made up once: by the API server, which gives every object a random UID of 122 bits when it is created
 * and never changes it. The object is a Secret, so that nobody can read its UID who cannot read the token, and its
 * metadata are encrypted in the state. Nothing that is random runs in the program, where it would differ each time.
 */
function generatedToken(
    name: string,
    namespace: pulumi.Input<string>,
    labels: Record<string, string>,
    parent: pulumi.Resource,
): pulumi.Output<string> {
    const seed = new core.Secret(
        `${name}-seed`,
        { metadata: objectMeta(`${name}-seed`, namespace, labels), immutable: true },
        { parent, additionalSecretOutputs: ["metadata"] },
    );
    return seed.metadata.apply(({ uid }) => {
        if (uid) {
            return hashOf({ uid }, 64);
        }
        if (pulumi.runtime.isDryRun()) {
            return pulumi.unknown as string;
        }
        return failOutput<string>(`Notebook "${name}": the API server gave no UID to make a token of; give a token`);
    });
}
