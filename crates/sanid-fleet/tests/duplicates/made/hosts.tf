resource "pure_host" "db01" {
  name = "db-01"
  iqn  = ["iqn.1993-08.org.debian:01:5c0ffee0a1b2"]
}
resource "pure_host" "db02" {
  name = "db-02"
  iqn  = ["iqn.1993-08.org.debian:01:5c0ffee0a1b2"]
}
