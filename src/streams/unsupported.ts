/**
 * What this version of Hydrant cannot do is refused when a stream is created or updated, with a sentence that says
 * so: never accepted and ignored.
 */

import { ApiError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'

/** Destinations of the API, by the beginning of their member names, and whether Hydrant delivers to them. */
export const DESTINATIONS: Readonly<Record<string, { readonly supported: boolean; readonly title: string }>> =
  {
    S3: { supported: true, title: 'Amazon S3' },
    ExtendedS3: { supported: true, title: 'Amazon S3' },
    Redshift: { supported: false, title: 'Amazon Redshift' },
    Elasticsearch: { supported: false, title: 'Elasticsearch' },
    Amazonopensearchservice: { supported: false, title: 'Amazon OpenSearch Service' },
    AmazonOpenSearchServerless: { supported: false, title: 'Amazon OpenSearch Serverless' },
    Splunk: { supported: false, title: 'Splunk' },
    HttpEndpoint: { supported: false, title: 'an HTTP endpoint' },
    Snowflake: { supported: false, title: 'Snowflake' },
    Iceberg: { supported: false, title: 'Apache Iceberg' },
  }

/** @throws {ApiError} InvalidArgumentException */
export function refuseUnsupportedDestination(kind: string): void {
  const destination = DESTINATIONS[kind]
  if (destination?.supported === true) return
  throw refused(`Delivery to ${destination?.title ?? kind} is not supported yet; S3 is.`)
}

/** @throws {ApiError} InvalidArgumentException */
export function refuseUnsupportedSource(input: JsonObject): void {
  const type = input['DeliveryStreamType'] ?? 'DirectPut'
  if (type === 'DirectPut') {
    if ('KinesisStreamSourceConfiguration' in input) {
      throw refused('KinesisSourceStreamConfig is only applicable for KinesisStreamAsSource stream type')
    }
    for (const member of ['MSKSourceConfiguration', 'DatabaseSourceConfiguration']) {
      if (member in input) throw refused(`${member} is not applicable for DirectPut stream type.`)
    }
    return
  }
  throw refused(`The source ${String(type)} is not supported yet; DirectPut is.`)
}

/** @throws {ApiError} InvalidArgumentException */
export function refuseUnsupportedProcessing(block: JsonObject): void {
  const processing = block['ProcessingConfiguration']
  if (isJsonObject(processing)) {
    const { Enabled, Processors } = processing
    if (Enabled === true || (Array.isArray(Processors) && Processors.length > 0)) {
      throw refused('Processors (ProcessingConfiguration) are not supported yet.')
    }
  }
  const conversion = block['DataFormatConversionConfiguration']
  // Absent means on, as in AWS.
  if (isJsonObject(conversion) && conversion['Enabled'] !== false) {
    throw refused('Record format conversion (DataFormatConversionConfiguration) is not supported yet.')
  }
  const partitioning = block['DynamicPartitioningConfiguration']
  if (isJsonObject(partitioning) && partitioning['Enabled'] === true) {
    throw refused('Dynamic partitioning (DynamicPartitioningConfiguration) is not supported yet.')
  }
}

function refused(message: string): ApiError {
  return new ApiError('InvalidArgumentException', message)
}
