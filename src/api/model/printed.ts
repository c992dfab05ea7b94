/** Where AWS prints or orders constraints otherwise than the model writes them; seen in its answers of 2026. */

export const printedEnums: Readonly<Record<string, readonly string[]>> = {
  CompressionFormat: ['ZIP', 'HADOOP_SNAPPY', 'Snappy', 'GZIP', 'UNCOMPRESSED'],
  ProcessorType: [
    'Decompression',
    'Lambda',
    'RecordDeAggregation',
    'MetadataExtraction',
    'AppendDelimiterToRecord',
    'CloudWatchLogProcessing',
  ],
  ProcessorParameterName: [
    'DataMessageExtraction',
    'NumberOfRetries',
    'Delimiter',
    'RoleArn',
    'JsonParsingEngine',
    'SubRecordType',
    'MetadataExtractionQuery',
    'BufferIntervalInSeconds',
    'LambdaArn',
    'BufferSizeInMBs',
    'CompressionFormat',
  ],
  ParquetCompression: ['SNAPPY', 'GZIP', 'UNCOMPRESSED'],
  ParquetWriterVersion: ['V1', 'V2'],
  OrcCompression: ['ZLIB', 'SNAPPY', 'NONE'],
  OrcFormatVersion: ['V0_11', 'V0_12'],
}

export const printedPatterns: Readonly<Record<string, string>> = {
  FileExtension: "^(|\\.[0-9a-z!\\-_.*'()]+)$",
}

/** Members whose violations come first, in this order; all others follow as in the model. */
export const memberOrder: Readonly<Record<string, readonly string[]>> = {
  ExtendedS3DestinationConfiguration: ['DataFormatConversionConfiguration'],
  ExtendedS3DestinationUpdate: ['DataFormatConversionConfiguration'],
  DataFormatConversionConfiguration: [
    'OutputFormatConfiguration',
    'InputFormatConfiguration',
    'SchemaConfiguration',
  ],
  ParquetSerDe: ['MaxPaddingBytes', 'BlockSizeBytes', 'PageSizeBytes', 'Compression', 'WriterVersion'],
  OrcSerDe: [
    'DictionaryKeyThreshold',
    'BlockSizeBytes',
    'RowIndexStride',
    'PaddingTolerance',
    'StripeSizeBytes',
    'Compression',
    'FormatVersion',
    'BloomFilterFalsePositiveProbability',
  ],
  SchemaConfiguration: ['VersionId', 'CatalogId', 'DatabaseName', 'RoleARN', 'Region', 'TableName'],
}
