"""What tests share: the running application with fakes handed in, and how they look at what it did."""
