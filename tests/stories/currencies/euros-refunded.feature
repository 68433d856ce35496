Feature: Euros are given back

  Scenario: A refund in euros takes as much out as its settlement says
    Given the Account "Kestrel Air"
    And the open Opportunity "Flight"
    And the plan "Team" at 100 EUR a month
    When "Kestrel Air" subscribes to 1 x "Team" for the Opportunity "Flight"
    And 10 days pass
    And 25 EUR of the last payment of "Kestrel Air" are refunded
    And an hour passes
    Then the revenue entries are:
      | Kind   | Gross in Own Currency | Currency |
      | Charge | 100.00                | EUR      |
      | Refund | -25.00                | EUR      |
    And in a single-currency org, the Account "Kestrel Air" shows:
      | Lifetime Value | 81.00  |
      | Refunded       | -27.00 |
    And in a multicurrency org, the Account "Kestrel Air" shows:
      | Lifetime Value | 81.52  |
      | Refunded       | -27.17 |
