import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../../arguments/hash";
import { validate } from "../../arguments/validate";
import { createClaim } from "../../pod/claim";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
import { createPodRole } from "../../pod/role";
import { createEnvironmentSecret } from "../../pod/secret";
import { createRoute } from "../../serving/route";
import { publicUrlOf } from "../../serving/route-args";
import type { NotebookArgs } from "./args";
import { editorOf } from "./editor";
import { idleRoleName, idleRules } from "./idle-shutdown";
import { checkAcross, fields } from "./rules";
import { buildNotebookService } from "./service";
import { notebookLabels, buildNotebookStatefulSet } from "./stateful-set";
import { generatedToken } from "./token";

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
        const home = createClaim(
            `${name}-home`,
            checked.home ?? {},
            { resource: `${name}-home`, namespace, labels },
            this,
        );
        const token = pulumi.secret(checked.token ?? generatedToken(name, namespace, labels, this));
        const secret = createEnvironmentSecret(
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
                : createPodRole(
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
        const service = new core.Service(`${name}-service`, buildNotebookService(name, checked), { parent: this });
        const statefulSet = new apps.StatefulSet(
            `${name}-statefulset`,
            buildNotebookStatefulSet(name, checked, {
                home,
                secretName: secret.metadata.name,
                serviceAccountName: role?.serviceAccountName,
                claimTemplate: createGpuClaimTemplate(name, checked, labels, this),
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
            createRoute(name, { timeout: "1h", ...checked.route }, target, this, [statefulSet]);
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
