"""Calls every operation with boto3, as users do, and prints what it saw as one JSON object a line."""

import json
import sys

import boto3
from botocore.config import Config

endpoint, prefix = sys.argv[1:]
firehose = boto3.client(
    "firehose",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="any",
    aws_secret_access_key="any",
    config=Config(retries={"total_max_attempts": 1}),
)
errors = firehose.exceptions
name = f"{prefix}-boto3"
ROLE = "arn:aws:iam::000000000000:role/hydrant"


def say(what, value):
    print(json.dumps({"what": what, "value": value}), flush=True)


def refused(exception, call, **arguments):
    """The message of the error that a call must end in, as the class that boto3 makes of it."""
    try:
        call(**arguments)
    except exception as error:
        return error.response["Error"]["Code"]
    raise AssertionError(f"{call.__name__} was not refused")


destination = {
    "RoleARN": ROLE,
    "BucketARN": f"arn:aws:s3:::{name}",
    "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
    "CompressionFormat": "GZIP",
}
created = firehose.create_delivery_stream(
    DeliveryStreamName=name,
    ExtendedS3DestinationConfiguration=destination,
    Tags=[{"Key": "team", "Value": "data"}],
)
say("arn", created["DeliveryStreamARN"])
say("taken", refused(
    errors.ResourceInUseException,
    firehose.create_delivery_stream,
    DeliveryStreamName=name,
    ExtendedS3DestinationConfiguration=destination,
))

description = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
say("status", description["DeliveryStreamStatus"])
say("created", description["CreateTimestamp"].year)
say("listed", name in firehose.list_delivery_streams(ExclusiveStartDeliveryStreamName=prefix)["DeliveryStreamNames"])

record_id = firehose.put_record(DeliveryStreamName=name, Record={"Data": b"one\n"})["RecordId"]
batch = firehose.put_record_batch(
    DeliveryStreamName=name, Records=[{"Data": f"batch {i}\n".encode()} for i in range(500)]
)
ids = [record_id] + [response["RecordId"] for response in batch["RequestResponses"]]
say("failed", batch["FailedPutCount"])
say("ids", len(set(ids)))

firehose.update_destination(
    DeliveryStreamName=name,
    CurrentDeliveryStreamVersionId="1",
    DestinationId="destinationId-000000000001",
    ExtendedS3DestinationUpdate={"Prefix": "second/"},
)
say("stale", refused(
    errors.ConcurrentModificationException,
    firehose.update_destination,
    DeliveryStreamName=name,
    CurrentDeliveryStreamVersionId="1",
    DestinationId="destinationId-000000000001",
    ExtendedS3DestinationUpdate={"Prefix": "third/"},
))

firehose.tag_delivery_stream(DeliveryStreamName=name, Tags=[{"Key": "stage", "Value": "test"}])
firehose.untag_delivery_stream(DeliveryStreamName=name, TagKeys=["team"])
say("tags", firehose.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"])

firehose.start_delivery_stream_encryption(DeliveryStreamName=name)
say("encrypted", firehose.put_record(DeliveryStreamName=name, Record={"Data": b"two\n"})["Encrypted"])
firehose.stop_delivery_stream_encryption(DeliveryStreamName=name)
say("no key", refused(
    errors.InvalidKMSResourceException,
    firehose.start_delivery_stream_encryption,
    DeliveryStreamName=name,
    DeliveryStreamEncryptionConfigurationInput={
        "KeyType": "CUSTOMER_MANAGED_CMK",
        "KeyARN": "arn:aws:kms:us-east-1:000000000000:key/unknown",
    },
))
say("invalid", refused(
    firehose.exceptions.ClientError,
    firehose.put_record_batch,
    DeliveryStreamName=name,
    Records=[{"Data": b"x"}] * 501,
))
say("too much", refused(
    errors.InvalidArgumentException,
    firehose.put_record_batch,
    DeliveryStreamName=name,
    Records=[{"Data": b"x" * 1_000_000}] * 5,
))

firehose.create_delivery_stream(
    DeliveryStreamName=f"{name}-2", ExtendedS3DestinationConfiguration=destination
)
firehose.delete_delivery_stream(DeliveryStreamName=f"{name}-2")
say("unknown", refused(
    errors.ResourceNotFoundException, firehose.put_record, DeliveryStreamName=f"{name}-3", Record={"Data": b"x"}
))
