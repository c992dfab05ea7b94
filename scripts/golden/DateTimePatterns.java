// Writes what Java prints for date patterns, as one JSON document: the golden file of date-pattern.test.ts.
//   java scripts/golden/DateTimePatterns.java > src/destinations/s3/date-pattern.golden.json
// Made with OpenJDK 17, Locale.US.

import java.time.*;
import java.time.format.DateTimeFormatter;
import java.util.*;

public class DateTimePatterns {
  static final String[] PATTERNS = {
    "yyyy/MM/dd/HH/", "yyyy-MM-dd-HH-mm-ss", "y", "yy", "yyy", "yyyy", "yyyyy", "u", "uu", "uuuu", "M", "MM", "MMM", "MMMM", "MMMMM",
    "L", "LL", "LLL", "LLLL", "d", "dd", "D", "DD", "DDD", "H", "HH", "k", "kk", "h", "hh", "K", "KK", "a", "m", "mm", "s", "ss",
    "S", "SS", "SSS", "SSSSSS", "SSSSSSSSS", "A", "AAAAAAAAAA", "n", "N", "E", "EE", "EEE", "EEEE", "EEEEE", "e", "ee", "eee", "eeee",
    "c", "ccc", "cccc", "Q", "QQ", "QQQ", "QQQQ", "q", "qqq", "w", "ww", "W", "Y", "YY", "YYYY", "YYYY-'W'ww", "F", "G", "GGGG", "GGGGG",
    "VV", "z", "zzz", "zzzz", "O", "OOOO", "X", "XX", "XXX", "XXXX", "XXXXX", "x", "xx", "xxx", "xxxx", "xxxxx", "Z", "ZZ", "ZZZ", "ZZZZ",
    "ZZZZZ", "'year='yyyy'/month='MM", "yyyy''MM", "[yyyy]", "[yyyy[-MM]]", "ppppd", "ppH", "'it''s' HH", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "", "''", "EEE, d MMM yyyy", "hh 'o''clock' a", "B", "BBBB", "g"
  };
  static final String[] BAD = {
    "b", "f", "T", "C", "i", "j", "l", "o", "P", "R", "t", "U", "I", "J", "{", "}", "#", "yyyy#", "'open", "ddd", "HHH", "hhh", "KKK", "kkk",
    "mmm", "sss", "DDDD", "yyyyyyyyyyyyyyyyyyyy", "MMMMMM", "EEEEEE", "aa", "SSSSSSSSSS", "cc", "V", "VVV", "OO", "OOO", "XXXXXX", "xxxxxx",
    "ZZZZZZ", "zzzzz", "www", "WW", "FF", "QQQQQQ", "p", "pp", "p-", "]", "yyyy]", "GGGGGG", "eeeeee"
  };
  static final String[] INSTANTS = {
    "2026-01-03T04:05:09.123Z", "2016-01-03T00:00:00Z", "2022-01-01T12:30:00Z", "2024-12-29T23:59:59.999Z", "2024-02-29T11:00:00.007Z",
    "2025-03-09T06:59:59Z", "2025-03-09T07:00:00Z", "2025-11-02T05:30:00Z", "2025-11-02T06:30:00Z", "2020-12-31T18:30:00Z",
    "2023-07-15T13:00:01.010Z", "1999-12-31T23:00:00Z", "2000-01-01T00:00:00Z"
  };
  static final String[] ZONES = {
    "UTC", "America/New_York", "Europe/Berlin", "Asia/Calcutta", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns"
  };

  static String quoted(String s) {
    StringBuilder b = new StringBuilder("\"");
    for (char c : s.toCharArray()) b.append(c == '"' || c == '\\' ? "\\" + c : c < 32 || c > 126 ? String.format("\\u%04x", (int) c) : "" + c);
    return b.append('"').toString();
  }

  static DateTimeFormatter of(String pattern) {
    try { return DateTimeFormatter.ofPattern(pattern, Locale.US); } catch (IllegalArgumentException e) { return null; }
  }

  public static void main(String[] args) {
    List<String> rows = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    for (String p : BAD) if (of(p) == null) refused.add(quoted(p)); else System.err.println("not refused: " + p);
    for (String pattern : PATTERNS) {
      DateTimeFormatter f = of(pattern);
      if (f == null) { refused.add(quoted(pattern)); continue; }
      List<String> values = new ArrayList<>();
      for (String instant : INSTANTS) for (String zone : ZONES) {
        try { values.add(quoted(f.format(Instant.parse(instant).atZone(ZoneId.of(zone))))); } catch (DateTimeException e) { values.add("null"); }
      }
      rows.add(quoted(pattern) + ":[" + String.join(",", values) + "]");
    }
    List<String> instants = new ArrayList<>();
    for (String i : INSTANTS) instants.add(String.valueOf(Instant.parse(i).toEpochMilli()));
    List<String> zones = new ArrayList<>();
    for (String z : ZONES) zones.add(quoted(z));
    System.out.println("{\"instants\":[" + String.join(",", instants) + "],\n\"zones\":[" + String.join(",", zones) + "],\n\"refused\":["
      + String.join(",", refused) + "],\n\"printed\":{\n" + String.join(",\n", rows) + "\n}}");
  }
}
