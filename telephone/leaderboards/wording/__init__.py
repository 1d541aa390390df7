"""What boards, insights and pairs say in words, the same on Discord and in the terminal."""
