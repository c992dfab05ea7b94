"""Puts the lines of standard input: python3 put_lines.py <delivery stream>"""

import itertools
import sys
import time

import boto3

BATCH_RECORDS_MAX = 500  # and 4 MiB: take fewer where lines are long
AGAIN_SECONDS = 0.2

name = sys.argv[1] if len(sys.argv) > 1 else "example"
# Endpoint, region and credentials come from the environment.
firehose = boto3.client("firehose")


def create_stream():
    try:
        firehose.create_delivery_stream(
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration={
                "RoleARN": "arn:aws:iam::000000000000:role/hydrant",
                "BucketARN": f"arn:aws:s3:::{name}",
                "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 1},
                "CompressionFormat": "GZIP",
            },
        )
    except firehose.exceptions.ResourceInUseException:
        pass


def put_all(records):
    """boto3 repeats a call that failed; records that were refused one by one are ours to send again."""
    while records:
        responses = firehose.put_record_batch(DeliveryStreamName=name, Records=records)["RequestResponses"]
        records = [record for record, response in zip(records, responses) if "ErrorCode" in response]
        if records:
            time.sleep(AGAIN_SECONDS)


create_stream()
lines = 0
# Nothing is put between records: the newline stays part of each.
source = ({"Data": line} for line in sys.stdin.buffer)
while batch := list(itertools.islice(source, BATCH_RECORDS_MAX)):
    put_all(batch)
    lines += len(batch)
print(f"{lines} lines put on {name}")
