#!/bin/sh
# Lists, or with --delete deletes, what Lockstep's deleted stacks have left behind, and the images of its applications (D-018).
# It looks in the account and region of the credentials: environments elsewhere need it there as well.
# Usage: scripts/delete-leftovers.sh [--delete] application…
set -eu

delete=false
if [ "${1:-}" = --delete ]; then
  delete=true
  shift
fi
if [ $# -eq 0 ]; then
  echo 'Name the applications: scripts/delete-leftovers.sh [--delete] application…' >&2
  exit 2
fi

remove() {
  case $1 in
    AWS::Logs::LogGroup) aws logs delete-log-group --log-group-name "$2" ;;
    AWS::S3::Bucket) aws s3 rb "s3://$2" --force ;;
    AWS::S3::BucketPolicy) ;; # It goes with its bucket.
    AWS::KMS::Key) aws kms schedule-key-deletion --key-id "$2" --pending-window-in-days 7 ;;
    AWS::DynamoDB::Table)
      aws dynamodb update-table --table-name "$2" --no-deletion-protection-enabled
      aws dynamodb wait table-exists --table-name "$2"
      aws dynamodb delete-table --table-name "$2"
      ;;
    AWS::Cognito::UserPool)
      aws cognito-idp update-user-pool --user-pool-id "$2" --deletion-protection INACTIVE
      aws cognito-idp delete-user-pool --user-pool-id "$2"
      ;;
    image) aws ec2 deregister-image --image-id "$2" --delete-associated-snapshots ;;
    *)
      echo "$1 $2: this script does not know how to delete it." >&2
      return 1
      ;;
  esac >/dev/null
}

# CloudFormation remembers deleted stacks for 90 days by their ids, each deletion of a stack by another one.
left_by() {
  aws cloudformation list-stacks --stack-status-filter DELETE_COMPLETE \
    --query "StackSummaries[?$1].[StackId]" --output text |
    while read -r stack; do
      aws cloudformation list-stack-resources --stack-name "$stack" \
        --query "StackResourceSummaries[?ResourceStatus=='DELETE_SKIPPED'].[ResourceType,PhysicalResourceId]" --output text
    done
}

images_of() {
  aws ec2 describe-images --owners self --filters "Name=tag:lockstep:application,Values=$1" \
    --query 'Images[].[ImageId]' --output text | sed 's/^/image /'
}

found=$(
  for application in "$@"; do
    # The application's own stack, its environments elsewhere, and its revisions in other regions.
    for stack in "$application" "$application-Qat" "$application-Prod"; do left_by "StackName=='Lockstep-$stack'"; done
    left_by "starts_with(StackName, 'Lockstep-$application-Artifacts-')"
    images_of "$application"
  done
  left_by "StackName=='Lockstep-Platform'"
  left_by "starts_with(StackName, 'Lockstep-Workloads-')"
)

failed=0
while read -r type id; do
  [ -n "$type" ] || continue
  echo "$type $id"
  if $delete; then remove "$type" "$id" || failed=1; fi
done <<LIST
$found
LIST
exit $failed
