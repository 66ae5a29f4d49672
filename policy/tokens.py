"""Type tokens: those of the records in `clouds/`, and those of types that other programs make."""

from typing import Final

from clouds import cloudflare, mongodbatlas
from clouds.aws import (
    acm,
    appautoscaling,
    budgets,
    cloudfront,
    cloudwatch,
    ec2,
    ecs,
    iam,
    kms,
    lb,
    lightsail,
    route53,
    s3,
    secretsmanager,
    sesv2,
    sns,
    vpc,
    wafv2,
)
from clouds.digitalocean import clusters, hosts, spaces, volumes
from clouds.digitalocean import network as do_network
from clouds.kubernetes import core, helm, workloads
from clouds.kubernetes import network as k8s_network

SECURITY_GROUP: Final = ec2.SECURITY_GROUP.token
INGRESS_RULE: Final = vpc.SECURITY_GROUP_INGRESS_RULE.token
EGRESS_RULE: Final = vpc.SECURITY_GROUP_EGRESS_RULE.token
VPC: Final = ec2.VPC.token
DEFAULT_SECURITY_GROUP: Final = ec2.DEFAULT_SECURITY_GROUP.token
FLOW_LOG: Final = ec2.FLOW_LOG.token
SUBNET: Final = ec2.SUBNET.token
VPC_ENDPOINT: Final = ec2.VPC_ENDPOINT.token
NAT_GATEWAY: Final = ec2.NAT_GATEWAY.token
EIP: Final = ec2.EIP.token

LOAD_BALANCER: Final = lb.LOAD_BALANCER.token
LISTENER: Final = lb.LISTENER.token
LISTENER_RULE: Final = lb.LISTENER_RULE.token
TARGET_GROUP: Final = lb.TARGET_GROUP.token
WEB_ACL: Final = wafv2.WEB_ACL.token
WEB_ACL_ASSOCIATION: Final = wafv2.WEB_ACL_ASSOCIATION.token
WEB_ACL_LOGGING: Final = wafv2.WEB_ACL_LOGGING_CONFIGURATION.token

TASK_DEFINITION: Final = ecs.TASK_DEFINITION.token
SERVICE: Final = ecs.SERVICE.token
CLUSTER: Final = ecs.CLUSTER.token
SCALING_TARGET: Final = appautoscaling.TARGET.token

LIGHTSAIL_INSTANCE: Final = lightsail.INSTANCE.token
LIGHTSAIL_DISK: Final = lightsail.DISK.token
LIGHTSAIL_DISK_ATTACHMENT: Final = lightsail.DISK_ATTACHMENT.token
LIGHTSAIL_PORTS: Final = lightsail.INSTANCE_PUBLIC_PORTS.token

ATLAS_CLUSTER: Final = mongodbatlas.ADVANCED_CLUSTER.token
ATLAS_PROJECT: Final = mongodbatlas.PROJECT.token
ATLAS_ACCESS: Final = mongodbatlas.PROJECT_IP_ACCESS_LIST.token
ATLAS_USER: Final = mongodbatlas.DATABASE_USER.token
ATLAS_ENDPOINT: Final = mongodbatlas.PRIVATE_LINK_ENDPOINT.token
ATLAS_ENDPOINT_SERVICE: Final = mongodbatlas.PRIVATE_LINK_ENDPOINT_SERVICE.token
ATLAS_SCHEDULE: Final = mongodbatlas.CLOUD_BACKUP_SCHEDULE.token
ATLAS_AUDITING: Final = mongodbatlas.AUDITING.token
ATLAS_MAINTENANCE: Final = mongodbatlas.MAINTENANCE_WINDOW.token
ATLAS_ALERT: Final = mongodbatlas.ALERT_CONFIGURATION.token

BUCKET: Final = s3.BUCKET.token
BUCKET_CORS: Final = s3.BUCKET_CORS_CONFIGURATION.token
BUCKET_ENCRYPTION: Final = s3.BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION.token
BUCKET_LIFECYCLE: Final = s3.BUCKET_LIFECYCLE_CONFIGURATION.token
BUCKET_LOGGING: Final = s3.BUCKET_LOGGING.token
BUCKET_OWNERSHIP: Final = s3.BUCKET_OWNERSHIP_CONTROLS.token
BUCKET_POLICY: Final = s3.BUCKET_POLICY.token
BUCKET_PUBLIC_ACCESS: Final = s3.BUCKET_PUBLIC_ACCESS_BLOCK.token
BUCKET_VERSIONING: Final = s3.BUCKET_VERSIONING.token
BUCKET_OBJECT: Final = s3.BUCKET_OBJECTV2.token
SPACES_BUCKET: Final = spaces.SPACES_BUCKET.token
SPACES_CORS: Final = spaces.SPACES_BUCKET_CORS_CONFIGURATION.token

DISTRIBUTION: Final = cloudfront.DISTRIBUTION.token
ORIGIN_ACCESS: Final = cloudfront.ORIGIN_ACCESS_CONTROL.token
CERTIFICATE: Final = acm.CERTIFICATE.token
CERTIFICATE_VALIDATION: Final = acm.CERTIFICATE_VALIDATION.token

IAM_ROLE_POLICY: Final = iam.ROLE_POLICY.token
IAM_USER_POLICY: Final = iam.USER_POLICY.token
IAM_ROLE: Final = iam.ROLE.token
IAM_USER: Final = iam.USER.token
IAM_ACCESS_KEY: Final = iam.ACCESS_KEY.token
KMS_KEY: Final = kms.KEY.token
SECRET: Final = secretsmanager.SECRET.token
SECRET_VERSION: Final = secretsmanager.SECRET_VERSION.token

EMAIL_IDENTITY: Final = sesv2.EMAIL_IDENTITY.token
MAIL_FROM: Final = sesv2.EMAIL_IDENTITY_MAIL_FROM_ATTRIBUTES.token
CONFIGURATION_SET: Final = sesv2.CONFIGURATION_SET.token
EVENT_DESTINATION: Final = sesv2.CONFIGURATION_SET_EVENT_DESTINATION.token

LOG_GROUP: Final = cloudwatch.LOG_GROUP.token
ALARM: Final = cloudwatch.METRIC_ALARM.token
EVENT_RULE: Final = cloudwatch.EVENT_RULE.token
LOG_DELIVERY_SOURCE: Final = cloudwatch.LOG_DELIVERY_SOURCE.token
TOPIC: Final = sns.TOPIC.token
TOPIC_POLICY: Final = sns.TOPIC_POLICY.token
SUBSCRIPTION: Final = sns.TOPIC_SUBSCRIPTION.token
BUDGET: Final = budgets.BUDGET.token
HEADERS_POLICY: Final = cloudfront.RESPONSE_HEADERS_POLICY.token

DNS_RECORD: Final = cloudflare.DNS_RECORD.token
ROUTE53_RECORD: Final = route53.RECORD.token

DO_CLUSTER: Final = clusters.KUBERNETES_CLUSTER.token
DO_FIREWALL: Final = do_network.FIREWALL.token
DO_VOLUME: Final = volumes.VOLUME.token
DO_DROPLET: Final = hosts.DROPLET.token

NAMESPACE: Final = core.NAMESPACE.token
K8S_SECRET: Final = core.SECRET.token
CONFIG_MAP: Final = core.CONFIG_MAP.token
K8S_SERVICE: Final = core.SERVICE.token
STATEFUL_SET: Final = workloads.STATEFUL_SET.token
CRON_JOB: Final = workloads.CRON_JOB.token
NETWORK_POLICY: Final = k8s_network.NETWORK_POLICY.token
DISRUPTION_BUDGET: Final = workloads.POD_DISRUPTION_BUDGET.token
RELEASE: Final = helm.RELEASE.token
CLUSTER_ISSUER: Final = k8s_network.CLUSTER_ISSUER.token
GATEWAY: Final = k8s_network.GATEWAY.token

ROOT: Final = "pulumi:pulumi:Stack"

# Types that no stack makes, and that policies judge all the same.
SECURITY_GROUP_RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
ACCOUNT_PUBLIC_ACCESS: Final = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
AMI_PERMISSION: Final = "aws:ec2/amiLaunchPermission:AmiLaunchPermission"
BUCKET_WEBSITE: Final = "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration"
CACHE: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
CLASSIC_BALANCER: Final = "aws:elb/loadBalancer:LoadBalancer"
DO_APP: Final = "digitalocean:index/app:App"
DO_BALANCER: Final = "digitalocean:index/loadBalancer:LoadBalancer"
DO_DATABASE: Final = "digitalocean:index/databaseCluster:DatabaseCluster"
DO_DATABASE_FIREWALL: Final = "digitalocean:index/databaseFirewall:DatabaseFirewall"
DOCUMENT_CLUSTER: Final = "aws:docdb/cluster:Cluster"
DOCUMENT_PARAMETERS: Final = "aws:docdb/clusterParameterGroup:ClusterParameterGroup"
EBS_DEFAULT: Final = "aws:ebs/encryptionByDefault:EncryptionByDefault"
EBS_VOLUME: Final = "aws:ebs/volume:Volume"
ECR_POLICY: Final = "aws:ecr/repositoryPolicy:RepositoryPolicy"
ECR_REPOSITORY: Final = "aws:ecr/repository:Repository"
EKS_CLUSTER: Final = "aws:eks/cluster:Cluster"
FILE_ACCESS_POINT: Final = "aws:efs/accessPoint:AccessPoint"
FILE_SYSTEM: Final = "aws:efs/fileSystem:FileSystem"
FILE_SYSTEM_POLICY: Final = "aws:efs/fileSystemPolicy:FileSystemPolicy"
IAM_GROUP_ATTACHMENT: Final = "aws:iam/groupPolicyAttachment:GroupPolicyAttachment"
LAMBDA: Final = "aws:lambda/function:Function"
LAMBDA_PERMISSION: Final = "aws:lambda/permission:Permission"
LAMBDA_URL: Final = "aws:lambda/functionUrl:FunctionUrl"
LAUNCH_CONFIGURATION: Final = "aws:ec2/launchConfiguration:LaunchConfiguration"
LAUNCH_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
LIGHTSAIL_DATABASE: Final = "aws:lightsail/database:Database"
SNAPSHOT_PERMISSION: Final = "aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission"
RDS_SNAPSHOT: Final = "aws:rds/snapshot:Snapshot"
RDS_SNAPSHOT_COPY: Final = "aws:rds/snapshotCopy:SnapshotCopy"
RDS_CLUSTER_SNAPSHOT: Final = "aws:rds/clusterSnapshot:ClusterSnapshot"
SYSTEMS_DOCUMENT: Final = "aws:ssm/document:Document"
LAYER_PERMISSION: Final = "aws:lambda/layerVersionPermission:LayerVersionPermission"
KMS_GRANT: Final = "aws:kms/grant:Grant"
API_METHOD: Final = "aws:apigateway/method:Method"
API_ROUTE: Final = "aws:apigatewayv2/route:Route"
TRAIL: Final = "aws:cloudtrail/trail:Trail"
DETECTOR: Final = "aws:guardduty/detector:Detector"
RECORDER: Final = "aws:cfg/recorderStatus:RecorderStatus"
BROKER: Final = "aws:mq/broker:Broker"
KAFKA: Final = "aws:msk/cluster:Cluster"
REPLICATION_INSTANCE: Final = "aws:dms/replicationInstance:ReplicationInstance"
NEPTUNE_INSTANCE: Final = "aws:neptune/clusterInstance:ClusterInstance"
SEARCH_POLICY: Final = "aws:opensearch/domainPolicy:DomainPolicy"
ELASTICSEARCH: Final = "aws:elasticsearch/domain:Domain"
ELASTICSEARCH_POLICY: Final = "aws:elasticsearch/domainPolicy:DomainPolicy"
VAULT_POLICY: Final = "aws:backup/vaultPolicy:VaultPolicy"
PAGE_RULE: Final = "cloudflare:index/pageRule:PageRule"
ADDRESS_RULE: Final = "cloudflare:index/accessRule:AccessRule"
API_TOKEN: Final = "cloudflare:index/apiToken:ApiToken"  # noqa: S105 - a type
ACCOUNT_TOKEN: Final = "cloudflare:index/accountToken:AccountToken"  # noqa: S105 - a type
DEFAULT_NETWORK_ACL: Final = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
NETWORK_ACL: Final = "aws:ec2/networkAcl:NetworkAcl"
NETWORK_ACL_RULE: Final = "aws:ec2/networkAclRule:NetworkAclRule"
PASSWORD_POLICY: Final = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"  # noqa: S105 - a type
RDS_CLUSTER: Final = "aws:rds/cluster:Cluster"
RDS_CLUSTER_INSTANCE: Final = "aws:rds/clusterInstance:ClusterInstance"
RDS_CLUSTER_PARAMETERS: Final = "aws:rds/clusterParameterGroup:ClusterParameterGroup"
RDS_INSTANCE: Final = "aws:rds/instance:Instance"
RDS_PARAMETERS: Final = "aws:rds/parameterGroup:ParameterGroup"
REDSHIFT_CLUSTER: Final = "aws:redshift/cluster:Cluster"
SEARCH: Final = "aws:opensearch/domain:Domain"
TABLE: Final = "aws:dynamodb/table:Table"
COMPOSITE_ALARM: Final = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
EC2_INSTANCE: Final = "aws:ec2/instance:Instance"
ATLAS_FLEX: Final = "mongodbatlas:index/flexCluster:FlexCluster"
ATLAS_COMPLIANCE: Final = "mongodbatlas:index/backupCompliancePolicy:BackupCompliancePolicy"
ATLAS_EXPORT: Final = "mongodbatlas:index/cloudBackupSnapshotExportBucket:CloudBackupSnapshotExportBucket"
BUCKET_ACL: Final = "aws:s3/bucketAcl:BucketAcl"
BUCKET_LOCK: Final = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
BUCKET_REPLICATION: Final = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
IAM_POLICY: Final = "aws:iam/policy:Policy"
IAM_GROUP_POLICY: Final = "aws:iam/groupPolicy:GroupPolicy"
IAM_LOGIN: Final = "aws:iam/userLoginProfile:UserLoginProfile"
IAM_ROLE_ATTACHMENT: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
IAM_USER_ATTACHMENT: Final = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
IAM_USER_ATTACHMENTS: Final = "aws:iam/policyAttachment:PolicyAttachment"
SECRET_ROTATION: Final = "aws:secretsmanager/secretRotation:SecretRotation"  # noqa: S105 - a type
PARAMETER: Final = "aws:ssm/parameter:Parameter"
SECRET_POLICY: Final = "aws:secretsmanager/secretPolicy:SecretPolicy"  # noqa: S105 - a type
KMS_KEY_POLICY: Final = "aws:kms/keyPolicy:KeyPolicy"
QUEUE: Final = "aws:sqs/queue:Queue"
QUEUE_POLICY: Final = "aws:sqs/queuePolicy:QueuePolicy"
IDENTITY_POLICY: Final = "aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy"
API_DESTINATION: Final = "aws:cloudwatch/eventApiDestination:EventApiDestination"
SCHEDULE: Final = "aws:scheduler/schedule:Schedule"
ZONE_SETTING: Final = "cloudflare:index/zoneSetting:ZoneSetting"
ZONE_DNSSEC: Final = "cloudflare:index/zoneDnssec:ZoneDnssec"
RULESET: Final = "cloudflare:index/ruleset:Ruleset"
POD: Final = "kubernetes:core/v1:Pod"
DEPLOYMENT: Final = "kubernetes:apps/v1:Deployment"
DAEMON_SET: Final = "kubernetes:apps/v1:DaemonSet"
JOB: Final = "kubernetes:batch/v1:Job"
INGRESS: Final = "kubernetes:networking.k8s.io/v1:Ingress"
REPLICA_SET: Final = "kubernetes:apps/v1:ReplicaSet"
ROLE_BINDING: Final = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
CLUSTER_ROLE_BINDING: Final = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding"
K8S_ROLE: Final = "kubernetes:rbac.authorization.k8s.io/v1:Role"
CLUSTER_ROLE: Final = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
CHART: Final = "kubernetes:helm.sh/v4:Chart"

NO_SDK_CLASS: Final = (CLUSTER_ISSUER, GATEWAY, ROOT)
"""Custom resources of a cluster, which any program names by hand, and the stack itself."""
