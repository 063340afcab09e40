import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../../arguments/duration";
import { mapInput } from "../../arguments/inputs";
import { validate } from "../../arguments/validate";
import { createClaim } from "../../pod/claim";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
import { withMetadata } from "../../pod/metadata-args";
import { notebookNames, notebookObjects } from "../../pod/names";
import { ownership } from "../../pod/ownership";
import { createPodRole } from "../../pod/role";
import { createEnvironmentSecret, environmentSecretName } from "../../pod/secret";
import { createRoute } from "../../serving/route";
import { publicUrlOf } from "../../serving/route-args";
import { whenReady } from "../../serving/when-ready";
import type { NotebookArgs } from "./args";
import { editorOf } from "./editor";
import { buildIdleRules } from "./idle-shutdown";
import { checkAcross, fields } from "./rules";
import { buildNotebookService } from "./service";
import { notebookLabels, buildNotebookStatefulSet } from "./stateful-set";
import { createToken } from "./token";

/**
 * Runs a notebook: JupyterLab or VS Code with a persistent home directory, protected by a token, and stopped when idle.
 *
 * A change of the pod deletes the old pod first, and with it the memory of its kernels. Pulumi does not manage the number
 * of pods: a stopped notebook shows no diff and stays stopped when other arguments change, which take effect when it is
 * started.
 *
 * The pod runs as its own ServiceAccount, or as that of the workspace, which may scale this one StatefulSet. Only the
 * container that detects activity mounts its token, unless the workspace sets a ServiceAccount.
 */
export class Notebook extends pulumi.ComponentResource {
    /** The URL inside the cluster, for example "http://fraud.ml.svc.cluster.local:8888". */
    public readonly url: pulumi.Output<string>;
    /** The URL outside the cluster, if the route has a hostname. */
    public readonly publicUrl?: pulumi.Output<string>;
    /** The token of JupyterLab or the password of code-server. */
    public readonly token: pulumi.Output<string>;
    /** The name of the StatefulSet. Scale it to 1 or 0 to start or stop the notebook. */
    public readonly statefulSetName: pulumi.Output<string>;
    /** The name of the PersistentVolumeClaim of the home directory. */
    public readonly homeClaim: pulumi.Output<string>;

    constructor(name: string, args: NotebookArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Notebook", name, args, fields, checkAcross);
        const owned = ownership("Notebook", name, opts);
        const objectsName = checked.name ?? name;
        const notebook = owned.claim(args, checked, notebookObjects(objectsName));
        super("kubernetes-mlops:index:Notebook", name, {}, withMetadata(owned.options, notebook));

        const { namespace } = notebook.workspace;
        const labels = notebookLabels(objectsName);
        const { tokenVariable, port, path, relative } = editorOf(notebook);
        const home = createClaim(
            notebookNames.home(objectsName),
            notebook.home ?? {},
            { resource: `${name}-home`, namespace, labels },
            this,
        );
        const token = pulumi.secret(notebook.token ?? createToken(name, objectsName, namespace, labels, this));
        const secret = createEnvironmentSecret(
            name,
            {
                // A new token restarts the pod. A generated token never changes.
                secretName: environmentSecretName(
                    notebookNames.secret(objectsName),
                    { ...notebook.secretEnv, [tokenVariable]: notebook.token ?? "generated" },
                    namespace,
                    this,
                ),
                namespace,
                labels,
                values: { ...notebook.secretEnv, [tokenVariable]: token },
            },
            { parent: this },
        );
        const role =
            notebook.idleTimeout === "never"
                ? undefined
                : createPodRole(
                      name,
                      {
                          role: notebookNames.role(objectsName),
                          namespace,
                          labels,
                          rules: buildIdleRules(notebookNames.statefulSet(objectsName)),
                          serviceAccount: notebook.workspace.serviceAccount,
                      },
                      this,
                  );
        const service = new core.Service(`${name}-service`, buildNotebookService(objectsName, notebook), {
            parent: this,
        });
        const statefulSet = new apps.StatefulSet(
            `${name}-statefulset`,
            buildNotebookStatefulSet(objectsName, notebook, {
                home,
                secretName: secret.metadata.name,
                serviceAccountName: role?.serviceAccountName,
                claimTemplate: createGpuClaimTemplate(
                    name,
                    notebookNames.gpuClaim(objectsName),
                    notebook,
                    labels,
                    this,
                ),
            }),
            {
                parent: this,
                // If another stack has a notebook of this name, the update fails here, before it changes that notebook's pod.
                dependsOn: role ? [service, role.binding] : service,
                // A replacement starts a stopped notebook although Pulumi does not manage the number of its pods.
                replaceOnChanges: ['metadata.annotations["kubernetes-mlops/triggers"]'],
                deleteBeforeReplace: true,
            },
        );
        const ready = whenReady(statefulSet, {
            title: `Notebook "${name}"`,
            parent: this,
            kind: "StatefulSet",
            patience: mapInput(notebook.startupTimeout ?? "15m", (limit) => ({
                startupSeconds: seconds(limit),
                totalSeconds: seconds(limit),
            })),
        });
        if (notebook.route) {
            const backend = { service: service.metadata.name, port };
            const target = {
                name: notebookNames.route(objectsName),
                namespace,
                labels,
                backends: [backend],
                keepPath: !relative,
                directory: relative,
            };
            // Large files and server extensions take longer than the default timeout of Gateways.
            createRoute(name, { timeout: "1h", ...notebook.route }, target, this, [ready]);
        }

        this.statefulSetName = statefulSet.metadata.name;
        this.homeClaim = pulumi.output(home);
        this.token = token;
        // Resources that use the URL wait for the notebook.
        this.url = pulumi
            .all([service.metadata, path, ready])
            .apply(
                ([{ name: host, namespace: space }, base]) =>
                    `http://${host}.${space}.svc.cluster.local:${port}${base}`,
            );
        this.publicUrl = publicUrlOf(notebook.route, relative);
        owned.check();
        this.registerOutputs({
            url: this.url,
            publicUrl: this.publicUrl,
            token: this.token,
            statefulSetName: this.statefulSetName,
            homeClaim: this.homeClaim,
        });
    }
}
