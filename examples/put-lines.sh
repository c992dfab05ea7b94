#!/bin/sh
# Puts the lines of standard input with nothing but curl (7.75 or newer): sh put-lines.sh <delivery stream>
set -eu
name=${1:-example}
endpoint=${AWS_ENDPOINT_URL_FIREHOSE:-http://127.0.0.1:4573}
region=${AWS_REGION:-us-east-1}
batch_max=100

# call <operation> < input > answer
call() {
  curl --silent --show-error --max-time 30 --data-binary @- \
    --aws-sigv4 "aws:amz:$region:firehose" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
    --header 'Content-Type: application/x-amz-json-1.1' --header "X-Amz-Target: Firehose_20150804.$1" "$endpoint/"
}

put() {
  answer=$(printf '{"DeliveryStreamName":"%s","Records":[%s]}' "$name" "$records" | call PutRecordBatch)
  case $answer in
    '{"FailedPutCount":0,'*) ;;
    *) echo "not all was taken: $answer" >&2; exit 1 ;;
  esac
  records= count=0
}

created=$(call CreateDeliveryStream <<EOF
{"DeliveryStreamName": "$name",
 "ExtendedS3DestinationConfiguration": {
   "RoleARN": "arn:aws:iam::000000000000:role/hydrant",
   "BucketARN": "arn:aws:s3:::$name",
   "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 1},
   "CompressionFormat": "GZIP"}}
EOF
)
case $created in
  *DeliveryStreamARN* | *ResourceInUseException*) ;;
  *) echo "$created" >&2; exit 1 ;;
esac

records= count=0 lines=0
while IFS= read -r line; do
  # Nothing is put between records: the newline is part of each.
  data=$(printf '%s\n' "$line" | base64 | tr -d '\n')
  records="$records${records:+,}{\"Data\":\"$data\"}"
  count=$((count + 1)) lines=$((lines + 1))
  [ "$count" -lt "$batch_max" ] || put
done
[ "$count" -eq 0 ] || put
echo "$lines lines put on $name"
