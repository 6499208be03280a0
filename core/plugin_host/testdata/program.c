/* Not even a library. */
int main(void) { return 0; }
